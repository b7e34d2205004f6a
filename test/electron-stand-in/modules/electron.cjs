// What require('electron') gives in the stand-in's main and utility processes.
module.exports = globalThis[Symbol.for('stand-in modules')];
