// Entry of the console's page.
import { startPage } from '../../lib/start-page.tsx';
import { App } from './app.tsx';
import { createConsoleSession } from './console-session.ts';

const session = createConsoleSession();
void startPage(<App session={session} />);
