/* Why the board started; its C is reset-reason.c. */

function resetReason() @ "xs_reset_reason";

export default resetReason;
