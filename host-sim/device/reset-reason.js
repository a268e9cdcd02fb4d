/* Why the simulator's board started; its C is host-sim/xs/reset-reason.c. */

function resetReason() @ "xs_sim_reset_reason";

export default resetReason;
