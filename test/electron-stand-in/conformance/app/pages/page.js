window.moduleRan = true;
window.ports = [];
window.addEventListener('message', (event) => {
  if (event.data === 'port-for-page') window.ports.push(...event.ports);
});
