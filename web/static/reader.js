// The document beside the chat, or over it on a narrow screen: htmx fetches it and keeps the
// address; this moves the view, the focus, and from one quotation to the next.

const log = document.querySelector("#log");
const reader = document.querySelector("#reader");
const beneath = document.querySelectorAll("header.site, .conversation, footer.site");
const narrow = matchMedia("(max-width: 68.7rem)");
let opener = null; // the quotation, or another link, that the document was opened from

const places = () => [...log.querySelectorAll(".citation .chip")];

// Where the reader is, as the links of the quotations say it.
function current() {
  const place = new URLSearchParams(location.search);
  const [start, end] = [place.get("start"), place.get("end")];
  return places().find((link) => {
    const url = new URL(link.href);
    const of = decodeURIComponent(url.pathname.split("/").at(-1));
    return (
      of === place.get("document") &&
      url.searchParams.get("start") === start &&
      url.searchParams.get("end") === end
    );
  });
}

function step(by) {
  const links = places();
  return links[links.indexOf(current()) + by];
}

function arrange() {
  const open = reader.firstElementChild !== null;
  const here = open ? current() : undefined;
  opener = here ?? opener;
  for (const link of places()) link.toggleAttribute("aria-current", link === here);
  for (const button of reader.querySelectorAll("[data-step]")) {
    button.hidden = !here || !step(Number(button.dataset.step));
  }
  for (const element of beneath) element.inert = open && narrow.matches;
  return open;
}

// To the quotation on the picture of its page, or else in the text.
function show() {
  const place = reader.querySelector(".leaf rect, mark");
  place?.scrollIntoView({ block: "center", behavior: "instant" });
}

function changed() {
  if (arrange()) {
    show();
    reader.querySelector("h2").focus({ preventScroll: true });
  } else if (document.activeElement === document.body) {
    const rest = opener?.isConnected ? opener : document.querySelector("#main");
    rest.closest("details:not([open])")?.setAttribute("open", "");
    rest.focus({ preventScroll: true });
  }
}

log.addEventListener("click", ({ target }) => {
  opener = target.closest("a") ?? opener;
});
reader.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-step]");
  if (button) step(Number(button.dataset.step))?.click();
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") reader.querySelector("[data-close]")?.click();
});
narrow.addEventListener("change", arrange);
new MutationObserver(changed).observe(reader, { childList: true });
arrange();
show();
