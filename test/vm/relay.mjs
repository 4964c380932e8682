import { connect } from 'node:net';

// QEMU's router starts this for each connection to the one address that a secluded machine can reach. Its input and output
// are that connection; it leads to the port of this machine that it is told.
const socket = connect(Number(process.argv[2]), '127.0.0.1');
process.stdin.pipe(socket).pipe(process.stdout);
for (const stream of [process.stdin, process.stdout, socket]) stream.on('error', () => process.exit(1));
socket.on('close', () => process.stdin.destroy());
