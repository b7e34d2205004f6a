// The import rules of ARCHITECTURE.md as errors: who may know whom.
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    rule('no-circular', 'A cycle has no floor to stand on.', {}, { circular: true }),
    rule(
      'shared-is-pure',
      'shared/ runs anywhere: only itself and zod.',
      { path: '^shared/', pathNot: '\\.test\\.ts$' },
      { pathNot: ['^shared/', 'node_modules/zod/'] },
    ),
    rule(
      'electron-only-at-the-edge',
      'Only platform, preload and app touch electron.',
      { path: '^(main|renderer|shared)/', pathNot: '^main/(platform|preload|app)/' },
      { path: '^electron(/|$)|node_modules/electron/' },
    ),
    rule(
      'features-do-not-know-each-other',
      'What a feature needs of another is a small interface it declares; app/ passes it in.',
      { path: '^(main|renderer)/features/([^/]+)/' },
      { path: '^(main|renderer)/features/', pathNot: '^$1/features/$2/' },
    ),
    rule(
      'main-features-stay-inside',
      'A feature of main imports shared, lib, link, trust and itself.',
      { path: '^main/features/', pathNot: '\\.test\\.ts$' },
      { path: '^(main|renderer|test)/', pathNot: '^main/(features|lib|link|trust)/' },
    ),
    rule(
      'link-and-trust-stay-low',
      'link and trust know nothing of features, windows or IPC.',
      { path: '^main/(link|trust|lib|relay)/', pathNot: '\\.test\\.ts$' },
      { path: '^(main/(app|platform|preload|ipc|features)|renderer|test)/' },
    ),
    rule(
      'renderer-never-imports-main',
      'A page speaks to main only through the contract in shared/ipc.',
      { path: '^renderer/' },
      { path: '^(main|test)/' },
    ),
    rule(
      'main-never-imports-renderer',
      'Main knows pages only by their file.',
      { path: '^main/' },
      { path: '^(renderer|test)/' },
    ),
    rule(
      'renderer-features-stay-inside',
      'A renderer feature imports shared, ui, lib, webrtc and itself.',
      { path: '^renderer/features/' },
      { path: '^renderer/', pathNot: '^renderer/(features|ui|lib|webrtc)/' },
    ),
    rule(
      'webrtc-has-no-view',
      'Sessions and transports know neither React nor a store.',
      { path: '^renderer/webrtc/' },
      { path: '^renderer/(features|windows|ui)/|node_modules/(react|react-dom|zustand)/' },
    ),
    rule(
      'no-unresolvable',
      'An import that resolves to nothing.',
      {},
      { couldNotResolve: true, pathNot: '^electron(/|$)' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.json', '.css'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
