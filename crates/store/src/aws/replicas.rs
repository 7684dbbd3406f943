//! Whether replicas in other regions follow
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html>).

use aws_sdk_secretsmanager::types::{ReplicationStatusType, StatusType};

use super::client::Clients;
use super::fault::Doing;
use super::trouble::Trouble;
use crate::{Place, StoreError};

/// Whether every replica of a secret is in sync.
pub(super) async fn follow(clients: &Clients, place: &Place) -> Result<bool, StoreError> {
    let doing = Doing {
        what: "looking at the replicas of",
        action: "secretsmanager:DescribeSecret",
        place: place.as_str(),
        carries_secret: false,
    };
    match clients.secrets.describe_secret().secret_id(place.as_str()).send().await {
        Ok(secret) => Ok(are_in_sync(secret.replication_status())),
        Err(error) => match Trouble::of(&error) {
            trouble if trouble.code() == "ResourceNotFoundException" => Ok(true),
            trouble => Err(doing.failed(trouble)),
        },
    }
}

/// What is on its way, has failed or is unknown is not there.
fn are_in_sync(replicas: &[ReplicationStatusType]) -> bool {
    replicas.iter().all(|replica| replica.status() == Some(&StatusType::InSync))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_replica_that_lags_or_has_failed_is_enough() {
        let replicas = |statuses: &[StatusType]| -> Vec<ReplicationStatusType> {
            let of = |status: &StatusType| ReplicationStatusType::builder().status(status.clone()).build();
            statuses.iter().map(of).collect()
        };
        assert!(are_in_sync(&[]));
        assert!(are_in_sync(&replicas(&[StatusType::InSync, StatusType::InSync])));
        assert!(!are_in_sync(&replicas(&[StatusType::InSync, StatusType::InProgress])));
        assert!(!are_in_sync(&replicas(&[StatusType::Failed])));
        assert!(!are_in_sync(&[ReplicationStatusType::builder().build()]));
    }
}
