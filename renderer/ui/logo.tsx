// The app's mark: a lectern and the room in front of it. Drawn in the colour around it.
type Props = { readonly size: number };

export const Logo = ({ size }: Props) => (
  <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden>
    <rect width="32" height="32" rx="9" fill="var(--accent)" />
    <g fill="var(--on-accent)">
      <rect x="7" y="6.5" width="5" height="3.6" rx="1" opacity="0.6" />
      <rect x="13.5" y="6.5" width="5" height="3.6" rx="1" opacity="0.85" />
      <rect x="20" y="6.5" width="5" height="3.6" rx="1" opacity="0.6" />
      <path d="M6.6 13.6c0-.7.6-1.2 1.3-1.1l16.7 2.9c.5.1.9.6.9 1.1v1.1c0 .6-.5 1.1-1.1 1.1H7.8c-.7 0-1.2-.5-1.2-1.2z" />
      <path d="M14 20h4l.8 3.8h2.1a1 1 0 0 1 0 2.1h-9.8a1 1 0 0 1 0-2.1h2.1z" />
    </g>
  </svg>
);
