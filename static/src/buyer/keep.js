// What survives a reload or a lost connection, in sessionStorage; without it (private modes) it lasts for the page.
const memory = {};

export function keep(name) {
  return {
    get() {
      try { return JSON.parse(sessionStorage.getItem(name)); } catch (e) { return memory[name] || null; }
    },
    set(value) {
      memory[name] = value;
      try { sessionStorage.setItem(name, JSON.stringify(value)); } catch (e) { /* kept in memory */ }
    },
    drop() {
      delete memory[name];
      try { sessionStorage.removeItem(name); } catch (e) { /* kept in memory */ }
    },
  };
}

export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID needs https and a newer browser
  return Array.prototype.map.call(bytes, (b) => (b + 256).toString(16).slice(1)).join("");
}
