// Entry of the cover over a locked screen.
import { startPage } from '../../lib/start-page.tsx';
import { App } from './app.tsx';

void startPage(<App />);
