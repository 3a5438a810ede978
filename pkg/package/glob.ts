export function isGlob(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/** `*` and `?` stand for what has no slash in it, `**` for anything. */
export function globPattern(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/?|[*?]|[\\^$.|+()[\]{}]/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    return token === '?' ? '[^/]' : `\\${token}`;
  });
  return new RegExp(`^${source}$`);
}
