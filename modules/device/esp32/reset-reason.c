/*
 * Why an ESP32 started, in the words of docs/protocol.md §6:
 *
 *   power-on        power came on
 *   brown-out       the supply sank, or glitched
 *   watchdog        any of the watchdogs
 *   fault           an exception, an abort or a stack overflow of the C side; a processor that locked up
 *   memory-full     the engine ended itself: its memory was used up
 *   unhandled       the engine ended itself: nothing caught an exception or a rejection
 *   engine-fault    the engine ended itself for any other reason that it tells
 *   stack-overflow  the engine ended itself and told no reason
 *   restart         the reset pin, a debugger or the USB bridge; a chip that slept; esp_restart() before this module was asked
 *   unknown         what ESP-IDF does not know, or names newly
 *
 * The SDK ends an engine by esp_restart(), which ESP-IDF cannot tell from any other restart. Where the manifest sets its
 * `abortHook`, it first reads the global `abort` and calls what it got with the reason's text, except after an overflow of
 * the stack, JavaScript's or its own. So a note in memory that a restart leaves alone says "stack-overflow" from the start
 * on, and the hook replaces that. Nothing else in a release build of this firmware calls esp_restart(). A debug build has no
 * hook, since xsbug is to stop at what ends the engine; there, each of these is "restart".
 *
 * `abort` is a getter because the SDK makes the text on the heap between reading and calling. Where there is no room for it
 * the call never comes: the engine, ending again for lack of memory, reads `abort` once more.
 *
 * Source: ESP-IDF 6, esp_system.h, esp_attr.h; Moddable SDK 8.2, xs/platforms/esp/xsPlatform.c and examples/js/aborthook.
 */
#include <string.h>

#include "esp_attr.h"
#include "esp_system.h"
#include "mc.defines.h"
#include "xsmc.h"

#if !MODDEF_XS_ABORTHOOK
#error "reset-reason needs defines.xs.abortHook in the manifest"
#endif

enum ending {
	ENDING_UNTOLD,
	ENDING_MEMORY_FULL,
	ENDING_UNHANDLED,
	ENDING_FAULT,
	ENDING_COUNT
};

static const char *const WORDS[ENDING_COUNT] = {
	[ENDING_UNTOLD] = "stack-overflow",
	[ENDING_MEMORY_FULL] = "memory-full",
	[ENDING_UNHANDLED] = "unhandled",
	[ENDING_FAULT] = "engine-fault",
};

/* Tells a note from what memory holds when power comes on. */
#define NOTE_MARK 0x52534e31u

/* Whole words: that memory takes nothing smaller on every chip. */
static RTC_NOINIT_ATTR volatile uint32_t noted;
static RTC_NOINIT_ATTR volatile uint32_t noted_check;

/* Why this start; found once, since asking again would find this life's own note. */
static const char *started_because;

static const char *last_ending(void)
{
	uint32_t ending = noted;

	if (ending >= ENDING_COUNT || noted_check != (ending ^ NOTE_MARK))
		return "restart";
	return WORDS[ending];
}

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
		return last_ending();
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

#ifdef mxDebug

static void note_endings(xsMachine *the)
{
	/* No note at all: what an earlier release build left must not be taken for one. */
	noted_check = noted;
}

#else

static void note(enum ending ending)
{
	noted = ending;
	noted_check = ending ^ NOTE_MARK;
}

/* By the texts of XS, xsError.c. */
static enum ending ending_of(const char *text)
{
	if (strcmp(text, "memory full") == 0)
		return ENDING_MEMORY_FULL;
	if (strncmp(text, "unhandled ", strlen("unhandled ")) == 0)
		return ENDING_UNHANDLED;
	return ENDING_FAULT;
}

/*
 * The getter of `abort` and, being what it returns, the hook itself; only the hook has arguments. Neither allocates. The hook
 * does not return: after it the SDK asks an exception for its text that it has just cleared, which is one more exception.
 */
static void on_abort(xsMachine *the)
{
	if (xsmcArgc == 0) {
		if (noted == ENDING_MEMORY_FULL)
			esp_restart();
		note(ENDING_MEMORY_FULL);
		xsResult = xsFunction;
		return;
	}
	note(ending_of(xsmcToString(xsArg(0))));
	esp_restart();
}

static void note_endings(xsMachine *the)
{
	xsmcVars(1);
	xsVar(0) = xsNewHostFunction(on_abort, 0);
	xsmcDefine(xsGlobal, xsID("abort"), xsVar(0), xsIsGetter | xsDontEnum);
	note(ENDING_UNTOLD);
}

#endif

void xs_reset_reason(xsMachine *the)
{
	if (started_because == NULL) {
		started_because = reason();
		note_endings(the);
	}
	xsmcSetString(xsResult, (char *)started_because);
}
