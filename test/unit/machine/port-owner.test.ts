import assert from 'node:assert/strict';
import { listeningSockets } from '../../../pkg/machine/port-owner.ts';

/** proc_net(5), from a Linux 6.1: one that listens, a connection to it, and one that listens elsewhere. */
const tcp = `\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 35271 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 35272 1 0000000000000000 20 4 30 10 -1
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17 1 0000000000000000 100 0 0 10 0
`;
const udp6 = `\
   sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  204: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 901 2 0000000000000000 0
`;

describe('machine: who has a port', () => {
  it('is read off the sockets that listen, not off connections', () => {
    assert.deepEqual(listeningSockets(tcp, { host: 8080, protocol: 'tcp' }), ['35271']);
    assert.deepEqual(listeningSockets(udp6, { host: 53, protocol: 'udp' }), ['901']);
    assert.deepEqual(listeningSockets(tcp, { host: 80, protocol: 'tcp' }), []);
    assert.deepEqual(listeningSockets('', { host: 80, protocol: 'tcp' }), []);
  });
});
