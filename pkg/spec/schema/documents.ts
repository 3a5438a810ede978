import type { JsonSchema } from './json-schema.ts';
import { runtimeKeys, sharedDefinitions } from './runtime-keys.ts';
import { system, systemDefinitions } from './system.ts';

const draft = 'http://json-schema.org/draft-07/schema#';

/** `schemas/lkit.schema.json`: the YAML. */
export const systemSchema: JsonSchema & { readonly $schema: string; readonly $id: string } = {
  $schema: draft,
  $id: 'lkit.schema.json',
  ...system,
  definitions: systemDefinitions,
};

/** `schemas/label.schema.json`: the label `org.mobyproject.config` of images. */
export const labelSchema: JsonSchema & { readonly $schema: string; readonly $id: string } = {
  $schema: draft,
  $id: 'label.schema.json',
  ...runtimeKeys,
  description: 'How containers of an image run unless the YAML says otherwise: the label org.mobyproject.config.',
  definitions: sharedDefinitions,
};
