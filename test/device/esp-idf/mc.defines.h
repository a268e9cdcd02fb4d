/* What mcconfig makes of the manifest's `defines`, as far as reset-reason.c asks. */
#pragma once
#define MODDEF_XS_ABORTHOOK (1)
