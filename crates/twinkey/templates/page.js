// Keeps the page fresh: asks for it again every few seconds and puts its middle in place. Without scripts the page is
// the same, as of the moment it was loaded.
(() => {
  "use strict";
  const every = 5000;
  const live = document.getElementById("live");
  live.hidden = false;

  const fresh = async () => {
    const answer = await fetch("/", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const open = [...document.querySelectorAll("details[open]")].map((details) => details.id);
    const focused = document.activeElement?.closest("details")?.id;
    document.getElementById("page").replaceChildren(...next.getElementById("page").childNodes);
    document.getElementById("as-of").textContent = next.getElementById("as-of").textContent;
    document.title = next.title;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.querySelector("summary")?.focus();
  };

  const tick = async () => {
    try {
      await fresh();
      live.className = "";
      live.textContent = " · live";
    } catch {
      live.className = "lost";
      live.textContent = " · the service does not answer";
    }
    setTimeout(tick, every);
  };
  setTimeout(tick, every);
})();
