/* What the host was told about the simulated devices; its C is host-sim/xs/options.c. */

function option(name) @ "xs_sim_option";

export default option;
