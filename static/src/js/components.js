// Local state for templates: x-data="disclosure", x-data="counter", x-data="tabs". Alpine's CSP build takes only names.
export const components = {
  /** Something folded: x-on:click="toggle", x-show="open", x-bind:aria-expanded="open". */
  disclosure: () => ({
    open: false,
    init() { this.open = this.$el.dataset.open === "true"; },
    toggle() { this.open = !this.open; },
    close() { this.open = false; },
  }),
  /** How many characters are left: data-max on the element, x-on:input="measure", x-text="left". */
  counter: () => ({
    left: 0,
    init() { this.update(this.$el.querySelector("input, textarea")); },
    measure(event) { this.update(event.target); },
    update(field) { this.left = Number(this.$root.dataset.max || field.maxLength) - field.value.length; },
  }),
  /** Panels without a request: buttons with data-tab, panels with data-panel. */
  tabs: () => ({
    current: "",
    init() {
      this.current = this.$el.dataset.tab || this.$el.querySelector("[data-tab]")?.dataset.tab || "";
      this.paint();
    },
    pick(event) {
      this.current = event.target.closest("[data-tab]").dataset.tab;
      this.paint();
    },
    paint() {
      for (const button of this.$root.querySelectorAll("[data-tab]")) button.setAttribute("aria-selected", String(button.dataset.tab === this.current));
      for (const panel of this.$root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== this.current;
    },
  }),
};
