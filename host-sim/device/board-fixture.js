/* The module "fixture" that main.ts imports: on the simulator's board, the simulated one. */

export { default } from "host-sim/device/fixture";
