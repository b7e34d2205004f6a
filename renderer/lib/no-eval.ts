// Pages run under a policy without eval; zod would try it once and be reported. Import before any schema.
import { config } from 'zod';

config({ jitless: true });
