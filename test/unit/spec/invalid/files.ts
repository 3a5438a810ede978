import { type InvalidCase } from './case.ts';

/** What a schema cannot say about files and volumes. */
export const files: readonly InvalidCase[] = [
  ['files:\n  - path: ""\n    contents: a\n', '2:11 "path" must not be empty'],
  ['files:\n  - path: ../a\n    contents: a\n', '2:11 the path "../a" must not contain ".."'],
  ['files:\n  - path: a/../../b\n    contents: a\n', '2:11 the path "a/../../b" must not contain ".."'],
  ['files:\n  - path: /\n    directory: true\n', '2:11 the path "/" is the root itself'],
  ['files:\n  - path: 5\n    contents: a\n', '2:11 "path" must be a text, not the number 5: write "5" in quotes'],
  ['files:\n  - path: a\n    contents: a\n    source: b\n', '4:5 a file cannot have "contents" and "source" at once'],
  [
    'files:\n  - path: a\n    directory: true\n    symlink: b\n    metadata: yaml\n',
    '4:5 a file cannot have "metadata", "symlink" and "directory" at once',
  ],
  [
    'files:\n  - path: a\n    directory: false\n',
    '2:5 this file lacks one of the keys "contents", "source", "metadata", "symlink" or "directory"',
  ],
  [
    'files:\n  - path: a\n    source: ""\n',
    '2:5 this file lacks one of the keys "contents", "source", "metadata", "symlink" or "directory"',
  ],
  ['files:\n  - path: a\n    contents:\n', '3:5 "contents" has no value; it must be a text'],
  ['files:\n  - path: a\n    contents: 5\n', '3:15 "contents" must be a text, not the number 5: write "5" in quotes'],
  ['files:\n  - path: a\n    contents: {a: b}\n', '3:15 "contents" must be a text, not a mapping'],
  [
    'files:\n  - path: a\n    contents: b\n    mode: 0644\n',
    '4:11 "mode" must be octal permissions such as "0644", not the number 0644: write "0644" in quotes',
  ],
  [
    'files:\n  - path: a\n    contents: b\n    mode: 644\n',
    '4:11 "mode" must be octal permissions such as "0644", not the number 644: write "644" in quotes',
  ],
  [
    'files:\n  - path: a\n    contents: b\n    mode: 0o644\n',
    '4:11 "mode" must be octal permissions such as "0644", not the number 0o644: write "0644" in quotes',
  ],
  [
    'files:\n  - path: a\n    contents: b\n    mode: "0888"\n',
    '4:11 "mode" must be octal permissions such as "0644", not "0888"',
  ],
  [
    'files:\n  - path: a\n    contents: b\n    mode: u+x\n',
    '4:11 "mode" must be octal permissions such as "0644", not "u+x"',
  ],
  ['files:\n  - path: a\n    contents: b\n    mode: ""\n', '4:11 "mode" must not be empty'],
  ['files:\n  - path: a\n    metadata: xml\n', '3:15 "metadata" must be "yaml" or "json", not "xml"'],
  [
    'files:\n  - path: a\n    metadata: ymal\n',
    '3:15 "metadata" must be "yaml" or "json", not "ymal" (did you mean "yaml"?)',
  ],
  ['files:\n  - path: a\n    contents: b\n    optional: true\n', '4:5 "optional" goes with "source" only'],
  [
    'files:\n  - path: a\n    source: b\n    optional: "yes"\n',
    '4:15 "optional" must be true or false, not the text "yes": write true',
  ],
  ['files:\n  - path: a\n    contents: b\n    uid: redis\n', '4:10 no container is named "redis"'],
  ['files:\n  - path: a\n    contents: b\n    gid: "0"\n', '4:10 the id "0" is a text: write 0 without quotes'],
  [
    'files:\n  - path: a\n    directory: yes\n',
    '3:16 "directory" must be true or false, not the text "yes": write true',
  ],
  ['files:\n  - a\n', '2:5 an item of "files" must be a mapping, not the text "a"'],
  ['volumes:\n  - name: Data\n', '2:11 "name" must be made of small letters, digits, _ and -, not "Data"'],
  ['volumes:\n  - name: a/b\n', '2:11 "name" must be made of small letters, digits, _ and -, not "a/b"'],
  ['volumes:\n  - name: ""\n', '2:11 "name" must not be empty'],
  ['volumes:\n  - name: a\n  - name: b\n  - name: a\n', '4:11 a second volume is named "a"; the first is on line 2'],
  [
    'volumes:\n  - name: a\n    image: b\n    format: ocl\n',
    '4:13 "format" must be "filesystem" or "oci", not "ocl" (did you mean "oci"?)',
  ],
  [
    'volumes:\n  - name: a\n    image: b\n    format: oci\n    platforms: [arm64]\n',
    '5:17 an item of "platforms" must be "linux/amd64", "linux/arm64", "linux/arm64/v8" or "linux/riscv64", not "arm64"',
  ],
  [
    'volumes:\n  - name: a\n    image: b\n    format: oci\n    platforms: [linux/amd64, linux/amd46]\n',
    '5:30 an item of "platforms" must be "linux/amd64", "linux/arm64", "linux/arm64/v8" or "linux/riscv64", not "linux/amd46" (did you mean "linux/amd64" or "linux/arm64"?)',
  ],
  [
    'volumes:\n  - name: a\n    image: b\n    format: oci\n    platforms: linux/arm64\n',
    '5:16 "platforms" must be a list, not the text "linux/arm64": write ["linux/arm64"]',
  ],
  ['volumes: [data]\n', '1:11 an item of "volumes" must be a mapping, not the text "data"'],
  ['volumes:\n  data: {}\n', '2:3 "volumes" must be a list, not a mapping'],
  [
    'trust:\n  image: a\n',
    '1:1 notice: "trust" has no effect: lkit verifies every image against its digest',
    '2:10 "image" must be a list, not the text "a": write ["a"]',
  ],
];
