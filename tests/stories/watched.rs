//! How Twinkey is watched: metrics, health and status of the service, the text file of one-shot runs, the ping.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::routing::get;
use rustix::process::Signal;
use serde_json::Value;
use twinkey_core::Client;
use twinkey_sandbox::Fault;

use crate::harness::daemon::Daemon;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;
use crate::harness::tool::found;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

async fn ask(address: &str, path: &str, accept: &str) -> (u16, String, String) {
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let answer = http.get(format!("http://{address}{path}")).header("accept", accept).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

/// The value of a series, by its name and labels as they are written.
fn value(metrics: &str, series: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("{series} ")));
    line.unwrap_or_else(|| panic!("no {series} in\n{metrics}")).parse().unwrap()
}

/// promtool's opinion of what is on standard input.
fn promtool_likes(metrics: &str) {
    let Some(tool) = found("promtool") else { return };
    let mut child = Command::new(tool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), metrics.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_shows_metrics_health_and_status_and_nothing_secret() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.looked_after_every("1s");
    host.init().await;
    let daemon = Daemon::start(&host).await;
    let address = daemon.address().await;
    for _ in 0..100 {
        if ask(&address, "/readyz", "").await.0 == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(ask(&address, "/readyz", "").await.0, 200);
    assert_eq!(ask(&address, "/healthz", "").await.0, 200);

    let (_, kind, metrics) = ask(&address, "/metrics", "").await;
    assert!(kind.starts_with("text/plain"), "{kind}");
    promtool_likes(&metrics);
    let of = |name: &str| value(&metrics, &format!("twinkey_{name}{{credential=\"{NAME}\"}}"));
    let client = |name: &str, client: &str| {
        value(&metrics, &format!("twinkey_{name}{{credential=\"{NAME}\",client=\"{client}\"}}"))
    };
    assert!(of("runs_total") >= 1.0 && of("run_last_success_timestamp_seconds") > 1.7e9, "{metrics}");
    assert_eq!((of("runs_failed_total"), of("ready"), of("pages_standing")), (0.0, 1.0, 0.0));
    assert_eq!((client("client_active", "a"), client("client_active", "b")), (1.0, 0.0));
    assert!(client("client_last_token_timestamp_seconds", "b") > 1.7e9);
    let (_, kind, open) = ask(&address, "/metrics", "application/openmetrics-text;version=1.0.0").await;
    assert!(kind.starts_with("application/openmetrics-text") && open.ends_with("# EOF\n"), "{kind} {open}");

    let (_, kind, page) = ask(&address, "/", "").await;
    assert!(kind.starts_with("text/html") && page.contains("Nobody is needed now"), "{page}");
    for path in ["/page.css", "/page.js"] {
        assert!(page.contains(path) && ask(&address, path, "").await.0 == 200);
    }
    let (_, _, status) = ask(&address, "/api/status", "").await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["credentials"][0]["status"]["phase"], "ready");
    assert_eq!(status["credentials"][0]["trouble"], Value::Null);
    let (_, _, told) = daemon.ends(&host, Signal::TERM).await;
    host.heard(Some(0), format!("{metrics}{open}{page}{status}").as_bytes(), told.err.as_bytes());
    host.no_secret_showed();
}

/// A refusal is a series, and an answer that never comes is none: who is down is not who is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_told_from_a_client_that_is_refused() {
    let host = Host::new(Provider::sandbox().await, POST, "failover = \"alert\"").await;
    host.looked_after_every("1s");
    host.init().await;
    let refusals = format!("twinkey_client_refusals{{credential=\"{NAME}\",client=\"a\"}}");
    host.provider.as_sandbox().fault(Fault::Status { status: 503 }, None, None);
    let daemon = Daemon::start(&host).await;
    let address = daemon.address().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(value(&ask(&address, "/metrics", "").await.2, &refusals), 0.0);
    host.provider.as_sandbox().heal();
    let secret = host.provider.regenerate(Client::A).await;
    host.listen_for(&secret);
    for _ in 0..200 {
        if value(&ask(&address, "/metrics", "").await.2, &refusals) >= 2.0 {
            let (status, _, _) = daemon.ends(&host, Signal::TERM).await;
            assert!(status.success());
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{}", ask(&address, "/metrics", "").await.2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_shot_run_leaves_a_text_file_and_pings_only_when_all_is_well() {
    let pings = Arc::new(AtomicU32::new(0));
    let heard = Arc::clone(&pings);
    let ping = async move || {
        heard.fetch_add(1, Ordering::SeqCst);
        "ok"
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().route("/ping/5ecret-of-the-ping", get(ping));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.listen_for("5ecret-of-the-ping");
    let url = host.secret_file("ping", &format!("http://{address}/ping/5ecret-of-the-ping"));
    let textfile = host.path("twinkey.prom");
    host.watched_by(&format!("textfile = \"{}\"\nping = {url}", textfile.display()));
    host.init().await;
    host.runs(&["rotate"], "", 0).await;
    assert_eq!(pings.load(Ordering::SeqCst), 1);
    let metrics = fs::read_to_string(&textfile).unwrap();
    promtool_likes(&metrics);
    let success = format!("twinkey_run_last_success_timestamp_seconds{{credential=\"{NAME}\"}}");
    let good = value(&metrics, &success);
    assert!(good > 1.7e9);
    // The store is gone: no ping, and the file says that this run was none. The one before it is not forgotten: one failed
    // look is not yet an hour without a good run.
    fs::rename(host.path("store.age"), host.path("away.age")).unwrap();
    host.run(&["rotate"], "").await;
    assert_eq!(pings.load(Ordering::SeqCst), 1);
    let metrics = fs::read_to_string(&textfile).unwrap();
    assert_eq!(value(&metrics, &format!("twinkey_runs_failed_total{{credential=\"{NAME}\"}}")), 1.0);
    let last = value(&metrics, &success);
    assert!(last <= good && good - last < 1.0, "{last} {good}");
    server.abort();
    host.no_secret_showed();
}

#[tokio::test(flavor = "multi_thread")]
async fn status_fails_where_nothing_has_run_for_too_long() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    host.runs(&["rotate"], "", 0).await;
    host.runs(&["status"], "", 0).await;
    let stamp =
        fs::File::options().write(true).open(host.path(&format!("state/notes/{NAME}.round"))).unwrap();
    let long_ago: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    stamp.set_modified(long_ago.into()).unwrap();
    let late = host.runs(&["status"], "", 4).await;
    assert!(late.out.contains("No run has done its work on this host since"), "{late:?}");
    let late = host.runs(&["status", "--nagios"], "", 2).await;
    assert!(late.out.starts_with("TWINKEY CRITICAL - go ready: "), "{late:?}");
    assert!(late.out.contains("no run since Thu 1 Jan"), "{late:?}");
    let late = host.runs(&["status", "--json"], "", 4).await;
    let json: Value = serde_json::from_str(&late.out).unwrap();
    let credential = &json["credentials"][0];
    assert_eq!((&credential["phase"], &credential["late"]), (&"ready".into(), &true.into()), "{json}");
    assert_eq!(credential["last_run"], "2026-01-01T00:00:00Z");
}

/// The embedded store of one credential is not mounted: that is said, and the other one is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_open_hides_no_other_credential() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    let (away, key) = (host.path("away.age"), host.path("store.key"));
    host.add(&format!(
        "[store.away]\nfile = \"{}\"\nkey = {{ file = \"{}\" }}\n[credential.aaa]\nstore = \"away\"\nprovider = \"p\"\n\
         live-pair = \"app/aaa\"\nconsumers.max-staleness = \"1s\"\n",
        away.display(),
        key.display(),
    ));
    let ran = host.runs(&["status"], "", 78).await;
    assert!(ran.out.contains("aaa   UNKNOWN") && ran.out.contains("away.age"), "{ran:?}");
    assert!(ran.out.contains("go   READY"), "{ran:?}");
    let ran = host.runs(&["status", "--json"], "", 78).await;
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let phases = ["aaa", "go"].map(|name| {
        let all = json["credentials"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["phase"].as_str().unwrap()
    });
    assert_eq!(phases, ["unknown", "ready"]);
    let ran = host.runs(&["status", "--nagios"], "", 3).await;
    assert!(ran.out.starts_with("TWINKEY UNKNOWN - aaa unknown: the store cannot be read"), "{ran:?}");
    assert!(ran.out.contains("; go ready: ") && ran.out.lines().count() == 1, "{ran:?}");
    host.no_secret_showed();
}

/// What monitoring calls must answer it in its own way, whatever is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn monitoring_is_told_that_the_configuration_is_wrong() {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let unknown = host.runs(&["status", "--nagios", "nobody"], "", 3).await;
    host.add("[nonsense]\n[more-nonsense]");
    let wrong = host.runs(&["status", "--nagios"], "", 3).await;
    for (ran, word) in [(unknown, "nobody"), (wrong, "nonsense")] {
        assert!(ran.out.starts_with("TWINKEY UNKNOWN - ") && ran.out.contains(word), "{ran:?}");
        assert!(ran.out.lines().count() == 1 && !ran.err.contains("nonsense"), "{ran:?}");
    }
}

#[test]
fn the_alert_rules_are_tested_by_the_tool_that_reads_them() {
    let Some(promtool) = found("promtool") else { return };
    let ran = Command::new(promtool)
        .args(["test", "rules", "twinkey.rules.test.yml"])
        .current_dir(root().join("config/prometheus"))
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// Every alert rule has a test, and every series that a rule reads is one that the service shows.
#[tokio::test(flavor = "multi_thread")]
async fn rules_and_metrics_speak_of_the_same() {
    let rules = fs::read_to_string(root().join("config/prometheus/twinkey.rules.yml")).unwrap();
    let tests = fs::read_to_string(root().join("config/prometheus/twinkey.rules.test.yml")).unwrap();
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 8);
    for alert in alerts {
        assert!(tests.contains(&format!("alertname: {alert}")), "{alert} has no test");
    }
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    let textfile = host.path("twinkey.prom");
    host.watched_by(&format!("textfile = \"{}\"", textfile.display()));
    host.init().await;
    host.runs(&["rotate"], "", 0).await;
    let metrics = fs::read_to_string(&textfile).unwrap();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for word in rules.split(|c: char| !is_name(c)).filter(|word| word.starts_with("twinkey_")) {
        assert!(metrics.contains(&format!("# TYPE {word} ")), "{word} is no series");
    }
}

#[test]
fn the_units_are_as_closed_as_they_can_be() {
    let Some(analyze) = found("systemd-analyze") else { return };
    for unit in ["twinkey.service", "twinkey-rotate.service"] {
        let ran = Command::new(&analyze)
            .args(["security", "--offline=true", "--threshold=12", "--no-pager", unit])
            .current_dir(root().join("config/systemd"))
            .env("SYSTEMD_UNIT_PATH", root().join("config/systemd"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && said.contains("exposure level"), "{unit}: {said}");
    }
}
