import { choice, flag, integer, type JsonSchema, list, natural, record, text } from './json-schema.ts';

const major = natural('Major number.', { examples: [8] });
const minor = natural('Minor number.', { examples: [0] });

const throttle = (what: string, rate: string): JsonSchema =>
  list(
    what,
    record(
      'throttled device',
      'A block device and its limit.',
      { major, minor, rate: natural(rate, { examples: [1048576] }) },
      { required: ['major', 'minor', 'rate'] },
    ),
    { examples: [[{ major: 8, minor: 0, rate: 1048576 }]] },
  );

const weight = natural('Share of the disk’s time, from 10 to 1000.', { maximum: 1000, examples: [500] });
const leafWeight = natural('Share of the disk’s time for the processes of this group itself, from 10 to 1000.', {
  maximum: 1000,
  examples: [500],
});

/** `resources`: the OCI runtime specification's limits (config-linux.md, "Control groups"). */
export const resources = record(
  'resources',
  'Limits of the container’s control group, as in the OCI runtime specification.',
  {
    devices: list(
      'Which devices the container may use, as rules applied in order. Those of the key `devices` are allowed besides.',
      record(
        'device rule',
        'Allows or denies access to devices.',
        {
          allow: flag('Allow or deny.'),
          type: choice('All devices, character devices or block devices.', ['a', 'c', 'b'], { default: 'a' }),
          major: integer('Major number; without it, every one.', { examples: [10] }),
          minor: integer('Minor number; without it, every one.', { examples: [200] }),
          access: text('What may be done: `r` read, `w` write, `m` create.', {
            pattern: '^[rwm]{1,3}$',
            patternErrorMessage: 'some of the letters r, w and m',
            examples: ['rwm'],
          }),
        },
        { required: ['allow'] },
      ),
      { examples: [[{ allow: false, access: 'rwm' }]] },
    ),
    memory: record(
      'memory',
      'Memory, in bytes. -1 is unlimited.',
      {
        limit: integer('Upper limit.', { examples: [67108864] }),
        reservation: integer('Soft limit, which holds when memory gets short.', { examples: [33554432] }),
        swap: integer('Upper limit of memory and swap together.', { examples: [134217728] }),
        kernel: integer('Upper limit of kernel memory (cgroup v1).', { examples: [-1] }),
        kernelTCP: integer('Upper limit of the kernel’s TCP buffers (cgroup v1).', { examples: [-1] }),
        swappiness: natural('How readily pages are swapped out (cgroup v1).', { maximum: 100, examples: [0] }),
        disableOOMKiller: flag('Let processes wait for memory instead of killing one (cgroup v1).'),
      },
      { examples: [{ limit: 67108864 }] },
    ),
    cpu: record(
      'cpu',
      'Processor time.',
      {
        shares: natural('Weight among the containers that want the processor at once.', { examples: [1024] }),
        quota: integer('Microseconds of processor time in each period. -1 is unlimited.', { examples: [50000] }),
        period: natural('Length of a period in microseconds.', { examples: [100000] }),
        realtimeRuntime: integer('Microseconds of real-time processing in each real-time period.', {
          examples: [950000],
        }),
        realtimePeriod: natural('Length of a real-time period in microseconds.', { examples: [1000000] }),
        cpus: text('Processors that may be used.', { examples: ['0-1'] }),
        mems: text('Memory nodes that may be used.', { examples: ['0'] }),
      },
      { examples: [{ quota: 50000, period: 100000 }] },
    ),
    pids: record(
      'pids limit',
      'Number of processes and threads.',
      { limit: integer('Upper limit. -1 is unlimited.', { examples: [100] }) },
      { required: ['limit'], examples: [{ limit: 100 }] },
    ),
    blockio: record(
      'blockio',
      'Disk traffic.',
      {
        weight,
        leafWeight,
        weightDevice: list(
          'Weights for single disks.',
          record(
            'weighted device',
            'A block device and its weight.',
            { major, minor, weight, leafWeight },
            {
              required: ['major', 'minor'],
            },
          ),
          { examples: [[{ major: 8, minor: 0, weight: 500 }]] },
        ),
        throttleReadBpsDevice: throttle('Limits on reading, in bytes.', 'Bytes in each second.'),
        throttleWriteBpsDevice: throttle('Limits on writing, in bytes.', 'Bytes in each second.'),
        throttleReadIOPSDevice: throttle('Limits on reading, in operations.', 'Operations in each second.'),
        throttleWriteIOPSDevice: throttle('Limits on writing, in operations.', 'Operations in each second.'),
      },
      { examples: [{ weight: 500 }] },
    ),
    hugepageLimits: list(
      'Limits on huge pages.',
      record(
        'hugepage limit',
        'A limit for one size of huge pages.',
        {
          pageSize: text('Size of the pages.', {
            pattern: '^[1-9][0-9]*[KMG]B$',
            patternErrorMessage: 'a size such as "2MB"',
            examples: ['2MB'],
          }),
          limit: natural('Upper limit in bytes.', { examples: [209715200] }),
        },
        { required: ['pageSize', 'limit'] },
      ),
      { examples: [[{ pageSize: '2MB', limit: 209715200 }]] },
    ),
    network: record(
      'network',
      'Marks on network traffic (cgroup v1).',
      {
        classID: natural('Class of the container’s packets, for `tc`.', { maximum: 0xffffffff, examples: [1048577] }),
        priorities: list(
          'Priorities of the container’s packets.',
          record(
            'network priority',
            'A priority for one interface.',
            {
              name: text('The interface.', { examples: ['eth0'] }),
              priority: natural('The priority.', { examples: [500] }),
            },
            { required: ['name', 'priority'] },
          ),
          { examples: [[{ name: 'eth0', priority: 500 }]] },
        ),
      },
      { examples: [{ classID: 1048577 }] },
    ),
  },
  { examples: [{ memory: { limit: 67108864 } }] },
);
