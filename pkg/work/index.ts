export { type Run, together } from './together.ts';
