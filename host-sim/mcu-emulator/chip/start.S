/*
 * The first instructions after power-on and after a reset: they paint the stack, fill .data and .bss, and call
 * chip_main() in main.c. A trap comes to trap_entry with what was interrupted lost: no trap returns.
 */
#include "memory-map.h"

	.option arch, +zicsr
	.section .reset, "ax"
	.globl _start
_start:
	.option push
	.option norelax
	la	gp, __global_pointer$
	.option pop
	la	t0, trap_entry
	csrw	mtvec, t0
	la	t0, trap_stack_top
	csrw	mscratch, t0

	la	t0, stack_bottom
	la	sp, stack_top
	li	t1, PAINT
1:	sw	t1, 0(t0)
	addi	t0, t0, 4
	bltu	t0, sp, 1b

	la	t0, data_start
	la	t1, data_end
	la	t2, data_source
	j	3f
2:	lw	t3, 0(t2)
	sw	t3, 0(t0)
	addi	t2, t2, 4
	addi	t0, t0, 4
3:	bltu	t0, t1, 2b

	la	t0, bss_start
	la	t1, bss_end
	j	5f
4:	sw	zero, 0(t0)
	addi	t0, t0, 4
5:	bltu	t0, t1, 4b

	la	tp, tls_start
	tail	chip_main

	/* On a stack of its own: the other may be what trapped. A trap in here starts over on it. */
	.balign 4
trap_entry:
	csrrw	sp, mscratch, sp
	csrr	a0, mcause
	csrr	a1, mepc
	csrr	a2, mtval
	csrr	a3, mscratch
	la	t0, trap_stack_top
	csrw	mscratch, t0
	tail	chip_trap
