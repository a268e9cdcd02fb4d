/*
 * The natives of host-sim/device/tcp.js: ECMA-419's TCP socket over tcp-stream.h, as the Moddable SDK has it on an
 * ESP32. onWritable(count) and onReadable(count) run with the socket as `this`, as does onError().
 *
 * write() takes all or throws "would block" and takes nothing. A socket stays alive until it is closed, whether or not
 * firmware refers to it; its host data points to a record only until then.
 * Left out: format "number", handing a socket over (`from`), names instead of addresses.
 */

#include "host.h"
#include "tcp-stream.h"

#include "xsmc.h"

#include <stdlib.h>
#include <string.h>

/* An IPv6 address in figures, with room to see that one is too long. */
#define ADDRESS_SIZE 48

typedef struct {
	int given;
	xsSlot function;
} callback;

typedef struct {
	tcp_stream *stream;
	xsSlot self;
	callback readable, writable, error;
} script_socket;

typedef struct {
	script_socket *socket;
	callback *callback;
	size_t count;
	int has_count;
} callback_call;

static void call(void *machine, void *data)
{
	xsMachine *the = machine;
	callback_call *what = data;
	xsmcVars(1);
	xsmcSetInteger(xsVar(0), (xsIntegerValue)what->count);
	if (what->has_count)
		xsCallFunction1(what->callback->function, what->socket->self, xsVar(0));
	else
		xsCallFunction0(what->callback->function, what->socket->self);
}

static void notify(script_socket *socket, callback *callback, size_t count, int has_count)
{
	callback_call what = { socket, callback, count, has_count };
	if (callback->given)
		interlock_engine_enter(host_engine, call, &what);
}

static void writable(void *data, size_t count)
{
	script_socket *socket = data;
	notify(socket, &socket->writable, count, 1);
}

static void readable(void *data, size_t count)
{
	script_socket *socket = data;
	notify(socket, &socket->readable, count, 1);
}

static void ended(void *data)
{
	script_socket *socket = data;
	notify(socket, &socket->error, 0, 0);
}

static const tcp_events events = { writable, readable, ended, free };

/* Reached with a record only when the machine ends. */
void xs_sim_tcp_destructor(void *data)
{
	script_socket *socket = data;
	if (socket)
		tcp_close(socket->stream);
}

/* The option of this name into `slot`; throws where it is neither a function nor absent. */
static void callback_option(xsMachine *the, const char *name, xsSlot *slot)
{
	xsmcGet(*slot, xsArg(0), xsID(name));
	if (fxTypeOf(the, slot) == xsNullType)
		xsmcSetUndefined(*slot);
	if (fxTypeOf(the, slot) != xsUndefinedType && !xsmcIsCallable(*slot))
		xsTypeError("%s: not a function", name);
}

static void remember(xsMachine *the, callback *callback, xsSlot *function)
{
	callback->given = fxTypeOf(the, function) != xsUndefinedType;
	callback->function = *function;
	xsRemember(callback->function);
}

void xs_sim_tcp(xsMachine *the)
{
	char address[ADDRESS_SIZE];
	const char *why = "no memory";
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType)
		xsTypeError("options missing");
	xsmcVars(4);
	xsmcGet(xsVar(0), xsArg(0), xsID("format"));
	if (xsmcTypeOf(xsVar(0)) != xsUndefinedType && strcmp(xsmcToString(xsVar(0)), "buffer"))
		xsRangeError("format: buffer only");
	xsmcGet(xsVar(0), xsArg(0), xsID("target"));
	if (xsmcTypeOf(xsVar(0)) != xsUndefinedType)
		xsmcSet(xsThis, xsID("target"), xsVar(0));
	callback_option(the, "onReadable", &xsVar(1));
	callback_option(the, "onWritable", &xsVar(2));
	callback_option(the, "onError", &xsVar(3));
	xsmcGet(xsVar(0), xsArg(0), xsID("nodelay"));
	int no_delay = xsmcTest(xsVar(0));
	xsmcGet(xsVar(0), xsArg(0), xsID("port"));
	xsNumberValue port = xsmcToNumber(xsVar(0));
	if (!(port >= 1 && port <= 65535))
		xsRangeError("invalid port");
	xsmcGet(xsVar(0), xsArg(0), xsID("address"));
	xsmcToStringBuffer(xsVar(0), address, sizeof address);
	script_socket *socket = calloc(1, sizeof *socket);
	if (socket)
		socket->stream = tcp_connect(address, (int)port, no_delay, &events, socket, &why);
	if (!socket || !socket->stream) {
		free(socket);
		xsUnknownError("%s", why);
	}
	socket->self = xsThis;
	xsRemember(socket->self);
	remember(the, &socket->readable, &xsVar(1));
	remember(the, &socket->writable, &xsVar(2));
	remember(the, &socket->error, &xsVar(3));
	xsmcSetHostData(xsThis, socket);
}

static script_socket *opened(xsMachine *the)
{
	script_socket *socket = xsmcGetHostDataValidate(xsThis, xs_sim_tcp_destructor);
	if (!socket)
		xsUnknownError("closed");
	return socket;
}

void xs_sim_tcp_close(xsMachine *the)
{
	script_socket *socket = xsmcGetHostDataValidate(xsThis, xs_sim_tcp_destructor);
	if (!socket)
		return;
	xsmcSetHostData(xsThis, NULL);
	xsForget(socket->self);
	xsForget(socket->readable.function);
	xsForget(socket->writable.function);
	xsForget(socket->error.function);
	tcp_close(socket->stream);
}

void xs_sim_tcp_read(xsMachine *the)
{
	tcp_stream *stream = opened(the)->stream;
	xsUnsignedValue available = (xsUnsignedValue)tcp_available(stream), count = available;
	void *target = NULL;
	if (!available)
		return;
	if (xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) == xsReferenceType) {
		xsmcGetBufferWritable(xsArg(0), &target, &count);
		xsmcSetInteger(xsResult, (xsIntegerValue)count);
	} else if (xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) != xsUndefinedType) {
		xsNumberValue wanted = xsmcToNumber(xsArg(0));
		count = wanted > 0 && wanted <= available ? (xsUnsignedValue)wanted : 0;
	}
	if (!count || count > available)
		xsUnknownError("invalid");
	if (!target)
		target = xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)count);
	tcp_read(stream, target, count);
}

void xs_sim_tcp_write(xsMachine *the)
{
	tcp_stream *stream = opened(the)->stream;
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	switch (tcp_write(stream, bytes, size)) {
	case TCP_NOT_READY:
		xsUnknownError("not ready");
	case TCP_WOULD_BLOCK:
		xsUnknownError("would block");
	default:
		xsmcSetInteger(xsResult, (xsIntegerValue)tcp_room(stream));
	}
}

void xs_sim_tcp_remote_address(xsMachine *the)
{
	char text[ADDRESS_SIZE];
	if (tcp_remote(opened(the)->stream, text, sizeof text) >= 0)
		xsmcSetString(xsResult, text);
}

void xs_sim_tcp_remote_port(xsMachine *the)
{
	char text[ADDRESS_SIZE];
	int port = tcp_remote(opened(the)->stream, text, sizeof text);
	if (port >= 0)
		xsmcSetInteger(xsResult, port);
}
