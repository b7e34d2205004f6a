// Entry of the small window that says that somebody looks.
import { startPage } from '../../lib/start-page.tsx';
import { App } from './app.tsx';

void startPage(<App />);
