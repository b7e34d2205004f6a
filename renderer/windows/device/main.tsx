// Entry of the agent's status window.
import { startPage } from '../../lib/start-page.tsx';
import { App } from './app.tsx';

void startPage(<App />);
