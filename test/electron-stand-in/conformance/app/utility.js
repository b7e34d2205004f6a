// A utility process: answers, passes ports on, and dies when told to.
process.parentPort.on('message', ({ data, ports }) => {
  const [port] = ports;
  if (port) {
    port.on('message', (event) => port.postMessage({ viaPort: event.data }));
    port.start();
    return;
  }
  if (data === 'die') process.exit(3);
  if (data === 'crash') process.kill(process.pid, 'SIGSEGV');
  if (data === 'print') process.stdout.write('printed by the utility process\n');
  process.parentPort.postMessage({
    echo: data,
    argv: process.argv.slice(2),
    type: process.type,
    hasSend: typeof process.send,
  });
});
