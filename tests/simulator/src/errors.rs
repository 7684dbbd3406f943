//! What nobody should do, and somebody does: a click in the wrong row, a foreign edit, an old backup.

use secrecy::SecretString;
use twinkey_core::Client;

use crate::faults::Fault;
use crate::life::Life;

impl Life {
    /// What nobody should do.
    pub(crate) fn somebody_errs(&mut self) {
        let Some(active) = self.active() else { return };
        let client = if self.rng.u32(..4) > 0 { active } else { active.other() };
        self.obeyed = false;
        match self.rng.u32(..10) {
            0..4 => {
                self.met(Fault::WrongClick);
                self.click("somebody", client);
                let secret = self.portal.rows[client].secret.clone();
                match self.rng.u32(..4) {
                    0 => {
                        self.hand_over(0, active.other(), &secret, None);
                    }
                    1 => {
                        self.hand_over(1, client, &secret, None);
                    }
                    2 => {
                        self.type_into_slot(0, client, &secret);
                    }
                    _ => {}
                }
            }
            4 => {
                self.met(Fault::PressedTwice);
                self.click("somebody", active.other());
            }
            5 => self.foreign_edit(Some(client)),
            6 => self.foreign_edit(None),
            7 => self.delete_live(),
            8 => self.restore_backup(),
            _ => self.spoil_record(),
        }
    }

    fn foreign_edit(&mut self, whose: Option<Client>) {
        let place = self.documents.live.clone();
        let Some(mut body) = self.server().read(&place).map(|live| live.body.clone()) else { return };
        match whose {
            Some(client) => {
                let row = self.portal.rows[client].clone();
                body.set_text("client_id", SecretString::from(row.id));
                body.set_text("client_secret", SecretString::from(row.secret));
                self.met(Fault::ForeignEdit);
            }
            None if self.rng.bool() => {
                body.remove("client_secret");
                self.met(Fault::HalfPair);
            }
            None => {
                body.set_text("client_secret", SecretString::from("canary-nonsense"));
                self.met(Fault::ForeignEdit);
            }
        }
        let now = self.now;
        let version = self.server().edit(&place, Some(body), now);
        self.foreign.insert(version.as_str().into());
    }

    fn delete_live(&mut self) {
        let (place, now) = (self.documents.live.clone(), self.now);
        self.server().edit(&place, None, now);
        self.met(Fault::LiveDeleted);
    }

    /// A backup of all documents is put back, as new versions.
    fn restore_backup(&mut self) {
        if self.backup.is_empty() {
            let backup = self.server().backup();
            self.backup = backup;
            return;
        }
        let now = self.now;
        for (place, body) in std::mem::take(&mut self.backup) {
            let version = self.server().edit(&place, body, now);
            if place == self.documents.live {
                self.foreign.insert(version.as_str().into());
            }
        }
        self.met(Fault::Restored);
        self.read_record();
    }

    /// The judge reads the record anew, after somebody else wrote it.
    pub(crate) fn read_record(&mut self) {
        let server = self.server();
        let seen = twinkey::documents::Documents::record_seen(server.read(&self.documents.record));
        drop(server);
        if let twinkey_core::seen::RecordSeen::Here { record, .. } = seen {
            self.record = Some(*record);
        }
    }

    fn spoil_record(&mut self) {
        let place = self.documents.record.clone();
        let Some(record) = self.record.clone() else { return };
        let newer = self.rng.bool();
        let text = if newer {
            self.met(Fault::NewerRecord);
            record.to_json().replacen("\"1.0\"", "\"1.7\"", 1)
        } else {
            self.met(Fault::RecordDamaged);
            "{ torn".to_owned()
        };
        let mut body = twinkey_store::Body::new();
        body.set_text("record", SecretString::from(text));
        let now = self.now;
        self.server().edit(&place, Some(body), now);
    }
}
