// The device's presentation window.
import { startPage } from '../../lib/start-page.tsx';
import { App } from './app.tsx';

void startPage(<App />);
