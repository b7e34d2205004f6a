// Something is on its way. Decoration: the words stand beside it.
import { LoaderCircle } from 'lucide-react';
import styles from './spinner.module.css';

export const Spinner = () => <LoaderCircle className={styles.spinner ?? ''} aria-hidden />;
