/* ECMA-419's TCP socket in the simulator; its C is host-sim/xs/tcp.c. Format "buffer" only. */

class TCP @ "xs_sim_tcp_destructor" {
	constructor(options) @ "xs_sim_tcp";
	close() @ "xs_sim_tcp_close";
	read(count) @ "xs_sim_tcp_read";
	write(buffer) @ "xs_sim_tcp_write";
	get remoteAddress() @ "xs_sim_tcp_remote_address";
	get remotePort() @ "xs_sim_tcp_remote_port";
	get format() {
		return "buffer";
	}
	set format(value) {
		if (value !== "buffer") throw new RangeError("format: buffer only");
	}
}

export default TCP;
