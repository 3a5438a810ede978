/** Patterns that several keys share, each with the words for it. They are checked by ajv and by editors alike. */
export const octalMode = {
  pattern: '^[0-7]{1,4}$',
  patternErrorMessage: 'octal permissions such as "0644"',
} as const;

export const duration = {
  pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$',
  patternErrorMessage: 'a duration such as "5s", "500ms" or "1m30s"',
} as const;

export const containerName = {
  pattern: '^[A-Za-z0-9_][A-Za-z0-9_.+-]*$',
  patternErrorMessage: 'made of letters, digits and _ . + -, beginning with a letter, a digit or _',
} as const;

export const volumeName = {
  pattern: '^[a-z0-9_-]+$',
  patternErrorMessage: 'made of small letters, digits, _ and -',
} as const;

export const notEmpty = {
  pattern: '\\S',
  patternErrorMessage: 'a text',
} as const;

export const variable = {
  pattern: '^[^=]+=',
  patternErrorMessage: 'a variable such as "NAME=value"',
} as const;

/** An empty text is as good as none. */
export const absolutePath = {
  pattern: '^(/|$)',
  patternErrorMessage: 'an absolute path',
} as const;

/** What the kernel takes for one (net/core/dev.c, dev_valid_name), and `ip` takes for no option. */
export const interfaceName = {
  pattern: '^(?!\\.{1,2}$)[^\\s/:-][^\\s/:]{0,14}$',
  patternErrorMessage: 'the name of an interface: at most 15 characters, none of them a space, a slash or a colon',
} as const;

/** What containerd takes for one (identifiers.Validate); an empty text is as good as none. */
export const containerdNamespace = {
  pattern: '^(?=.{0,76}$)([A-Za-z0-9]+([._-][A-Za-z0-9]+)*)?$',
  patternErrorMessage: 'made of letters and digits, with single . _ - between them, 76 characters at most',
} as const;

export const kernelModule = {
  pattern: '^[A-Za-z0-9_-]+( +[A-Za-z0-9_.-]+=[^ ]*)*$',
  patternErrorMessage: 'a module and perhaps its parameters, such as "i2c-stub chip_addr=0x76"',
} as const;

export const platform = {
  pattern: '^[a-z0-9]+/[a-z0-9]+(/[a-z0-9.]+)?$',
  patternErrorMessage: 'a platform such as "linux/arm64"',
} as const;

export const busName = {
  pattern: '^[a-z][a-z0-9_-]*$',
  patternErrorMessage: 'made of small letters, digits, _ and -, beginning with a letter',
} as const;

export const busDevice = {
  pattern: '^i2c:[a-z][a-z0-9_-]*$',
  patternErrorMessage: 'a mapping, or "i2c:" and the name of an I2C bus under "hardware:"',
} as const;
