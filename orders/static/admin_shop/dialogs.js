// Dialogs by keyboard, and answers that are no success shown where they were asked for.
(() => {
  const FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea, [tabindex]";
  let opener = null;

  const modal = () => document.getElementById("modal-content");
  const isOpen = () => modal()?.querySelector("#dialog") && modal().offsetParent !== null;

  function firstField() {
    const dialog = modal()?.querySelector("#dialog");
    const fields = "#dialog-form input:not([type=hidden]), #dialog-form select, #dialog-form textarea";
    const first = [...(dialog?.querySelectorAll(`[data-focus], ${fields}, #dialog-form button`) ?? [])];
    return dialog?.querySelector("[data-focus]") ?? first.find((element) => element.offsetParent !== null);
  }

  // a dialog takes a moment to become visible, on a slow machine a long one, and takes no focus before
  function focusInside(tries = 60) {
    const field = firstField();
    field?.focus();
    if (tries && (!field || document.activeElement !== field)) setTimeout(focusInside, 50, tries - 1);
  }

  function say(form, words) {
    const alert = document.createElement("p");
    alert.className = "s-alert s-danger";
    alert.setAttribute("role", "alert");
    alert.tabIndex = -1;
    alert.textContent = words;
    form.querySelector(".s-alert")?.remove();
    form.querySelector("#dialog-form").prepend(alert);
    alert.focus();
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "modal-content") opener = event.detail.elt;
  });

  // a refusal has a status of its own, and is shown all the same
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status >= 400 && xhr.responseText.includes('id="dialog-form"')) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  // what came is the event's own target; its detail still names what was there before
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.closest?.("#modal-content")) setTimeout(focusInside, 60);
  });

  document.addEventListener("htmx:responseError", (event) => {
    const { elt, xhr, pathInfo } = event.detail;
    const form = elt.closest("#dialog form");
    if (form) say(form, xhr.status === 403 ? form.dataset.denied : form.dataset.failed);
    else window.location.assign(pathInfo.requestPath); // no dialog came: let the whole page say why
  });

  document.addEventListener("htmx:sendError", (event) => {
    const form = event.detail.elt.closest("#dialog form");
    if (form) say(form, form.dataset.failed);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || !isOpen()) return;
    const stops = [...modal().querySelectorAll(FOCUSABLE)].filter((element) => element.offsetParent !== null);
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (modal().contains(document.activeElement) && document.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  });

  // nor does a dialog disappear at once, and what is behind it takes no focus before
  function giveBack(tries = 60) {
    if (!isOpen()) opener?.focus();
    else if (tries) setTimeout(giveBack, 50, tries - 1);
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && opener && setTimeout(giveBack, 60));
  document.addEventListener("click", (event) => event.target.closest("#dialog button[type=button]") && setTimeout(giveBack, 60));

  // one box for all rows of a list
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-choose-all]")) return;
    for (const box of document.querySelectorAll("input[name=id]")) box.checked = event.target.checked;
  });
})();
