window.moduleRan = true;
window.ports = [];
try {
  window.evalRan = new Function('return true')();
} catch {
  window.evalRan = false;
}
window.addEventListener('message', (event) => {
  if (event.data === 'port-for-page') window.ports.push(...event.ports);
});
