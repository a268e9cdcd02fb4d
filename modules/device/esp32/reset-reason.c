/*
 * Why an ESP32 started, in the words of docs/protocol.md §6:
 *
 *   power-on      power came on
 *   brown-out     the supply sank, or glitched
 *   watchdog      any of the watchdogs
 *   fault         an exception, an abort or a stack overflow of the C side; a processor that locked up
 *   restart       esp_restart(), the reset pin, a debugger or the USB bridge; a chip that slept
 *   unknown       what ESP-IDF does not know, or names newly
 *
 * Leaves out why the engine ended: the SDK ends it by esp_restart(), so a full memory, an overflow of JavaScript's stack and an
 * exception that nothing caught arrive as "restart". Source: ESP-IDF 6, esp_system.h.
 */
#include "esp_system.h"
#include "xsmc.h"

static const char *reason(void)
{
	switch (esp_reset_reason()) {
	case ESP_RST_POWERON:
		return "power-on";
	case ESP_RST_BROWNOUT:
	case ESP_RST_PWR_GLITCH:
		return "brown-out";
	case ESP_RST_INT_WDT:
	case ESP_RST_TASK_WDT:
	case ESP_RST_WDT:
		return "watchdog";
	case ESP_RST_PANIC:
	case ESP_RST_CPU_LOCKUP:
		return "fault";
	case ESP_RST_SW:
	case ESP_RST_EXT:
	case ESP_RST_SDIO:
	case ESP_RST_USB:
	case ESP_RST_JTAG:
	case ESP_RST_DEEPSLEEP:
		return "restart";
	default:
		return "unknown";
	}
}

void xs_reset_reason(xsMachine *the)
{
	xsmcSetString(xsResult, (char *)reason());
}
