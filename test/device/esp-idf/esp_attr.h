/* Of ESP-IDF's esp_attr.h what reset-reason.c uses; the memory that a restart leaves alone is a section that chip.c keeps. */
#pragma once
#define RTC_NOINIT_ATTR __attribute__((section("rtc_noinit")))
