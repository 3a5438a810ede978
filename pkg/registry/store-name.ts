import { formatReference, type ImageReference, sha256 } from '../image/index.ts';

const refGrammar = /^[A-Za-z0-9]+((--|[-._:@+])[A-Za-z0-9]+)*(\/[A-Za-z0-9]+((--|[-._:@+])[A-Za-z0-9]+)*)*$/;

/**
 * The name under which the store keeps what a registry has for a reference: the reference in full. An image layout
 * does not allow all names that registries do (image-spec, annotations.md, `ref.name`): what is left of the others
 * is told apart by a hash after `+`, which no reference has.
 */
export function nameInStore(reference: ImageReference): string {
  const name = formatReference(reference);
  if (refGrammar.test(name)) return name;
  const allowed = name
    .split('/')
    .map(
      (part) =>
        part
          .split(/[^A-Za-z0-9.:@-]+|[.:@-]{2,}/)
          .map(trimmed)
          .filter(Boolean)
          .join('-') || 'x',
    )
    .join('/');
  return `${allowed}+${sha256(name).slice('sha256:'.length, 'sha256:'.length + 16)}`;
}

function trimmed(part: string): string {
  return part.replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
