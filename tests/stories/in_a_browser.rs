//! The status page in a real browser: it is read, kept fresh, used by keyboard, seen in light and dark, and works
//! without scripts.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::daemon::Daemon;
use crate::harness::host::{Host, NAME, POST};
use crate::harness::provider::Provider;

/// Keys without a character (<https://www.w3.org/TR/webdriver2/#keyboard-actions>).
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// A ready credential, watched by a service, and where its page is.
async fn served() -> (Host, Daemon, String) {
    let host = Host::new(Provider::sandbox().await, POST, "").await;
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    host.looked_after_every("1s");
    let service = Daemon::start(&host).await;
    let page = format!("http://{}/", service.address().await);
    (host, service, page)
}

fn stands_at(phase: &str) -> String {
    format!("return document.querySelector('.phase')?.textContent === '{}'", phase.to_uppercase())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_read_kept_fresh_and_used_by_keyboard() {
    let Some(browser) = Browser::start().await else { return };
    let (host, service, page) = served().await;
    browser.opens(&page).await;
    browser.until("return document.querySelector('.phase') !== null").await;
    browser.until(&stands_at("ready")).await;
    let text = browser.runs("return document.body.innerText").await;
    let text = text.as_str().unwrap();
    for part in ["Nobody is needed now", NAME, "GO API Client A", "GO API Client B", "standby", "· live"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }

    // By keyboard: the first stop is what can be opened; it shows that it is the one, and opens.
    browser.presses(&[TAB]).await;
    let focused = "const at = document.activeElement; return [at.tagName, getComputedStyle(at).outlineStyle]";
    assert_eq!(browser.runs(focused).await, json!(["SUMMARY", "solid"]));
    browser.presses(&[ENTER]).await;
    browser.until("return document.querySelector('details').open").await;

    // The phase changes, and the page with it: without being loaded again, and under the reader's hands.
    browser.runs("window.sameWindow = true").await;
    host.switch().await;
    host.until("awaiting regeneration").await;
    browser.until(&stands_at("awaiting regeneration")).await;
    let kept = "return window.sameWindow === true && document.querySelector('details').open \
                && document.activeElement.tagName === 'SUMMARY'";
    assert_eq!(browser.runs(kept).await, json!(true));
    let now = browser.runs("return [document.title, document.querySelector('.next code').textContent]").await;
    assert!(now[0].as_str().unwrap().contains("something for a person to do"), "{now}");
    assert_eq!(now[1], json!(host.typed("regenerate")));
    assert_eq!(browser.runs("return document.querySelectorAll('[aria-current=step]').length").await, 1);

    // The service is gone: what is shown is old, and says so.
    service.ends(&host, Signal::TERM).await;
    browser.until("return document.getElementById('live').className === 'lost'").await;
}

/// The worst contrast of any text with what lies behind it, as WCAG 2.2 computes it (section 1.4.3).
const WORST_CONTRAST: &str = r"
const channels = colour => colour.match(/[\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b]
  .map(c => c / 255)
  .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = channels(getComputedStyle(at).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
document.querySelectorAll('details').forEach(details => details.open = true);
let worst = [99, ''], texts = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
  const [one, two] = [channels(getComputedStyle(element).color), behind(element)].map(luminance);
  const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  texts += 1;
  if (ratio < worst[0]) worst = [ratio, walker.currentNode.textContent.trim()];
}
return [...worst, texts, behind(document.body).join()];
";

#[tokio::test(flavor = "multi_thread")]
async fn every_text_stands_out_in_light_and_dark_and_without_scripts_the_page_is_the_same() {
    let Some(browser) = Browser::start().await else { return };
    let (host, service, page) = served().await;
    let mut papers = Vec::new();
    // Ready, awaiting, and with something wrong: each tone of the page.
    for phase in ["ready", "awaiting regeneration", "active rejected"] {
        match phase {
            "awaiting regeneration" => drop(host.switch().await),
            "active rejected" => {
                let (live, other) = (host.live_id(), host.provider.pair(twinkey_core::Client::A).await.0);
                for id in [live, other] {
                    host.provider.as_sandbox().set_disabled(&id, true);
                }
            }
            _ => {}
        }
        host.until(phase).await;
        browser.opens(&page).await;
        browser.until(&stands_at(phase)).await;
        for scheme in ["light", "dark"] {
            let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
            browser.is_told("Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
            let worst = browser.runs(WORST_CONTRAST).await;
            let texts = worst[2].as_u64().unwrap();
            assert!(worst[0].as_f64().unwrap() >= 4.5 && texts >= 20, "{phase}, {scheme}: {worst}");
            papers.push(worst[3].as_str().unwrap().to_owned());
        }
    }
    papers.sort_unstable();
    papers.dedup();
    assert_eq!(papers.len(), 2, "light and dark differ: {papers:?}");

    browser.runs("document.querySelectorAll('details').forEach(details => details.open = false)").await;
    let text = "return document.getElementById('page').innerText";
    let with: Value = browser.runs(text).await;
    browser.is_told("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.opens(&page).await;
    browser.is_told("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
    assert_eq!(
        browser.runs("return document.getElementById('live').hidden").await,
        json!(true),
        "no script ran"
    );
    let without = browser.runs(text).await;
    let words = |text: &Value| text.as_str().unwrap().split_whitespace().count();
    assert!(words(&without) >= 20 && without.as_str().unwrap().contains("ACTIVE REJECTED"), "{without}");
    assert!(words(&with).abs_diff(words(&without)) <= 6, "{with}\n{without}");
    service.ends(&host, Signal::TERM).await;
}
