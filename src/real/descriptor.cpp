#include "real/descriptor.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <unistd.h>

namespace cambium::real {
namespace {

Errc code_of(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR: return Errc::not_found;
        case EEXIST:
        case ENOTEMPTY: return Errc::already_exists;
        case ENOSPC:
        case EDQUOT: return Errc::no_space;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: return Errc::too_many_files;
        case EACCES:
        case EPERM:
        case EROFS: return Errc::permission_denied;
        case EINVAL:
        case EISDIR:
        case ENAMETOOLONG:
        case EAFNOSUPPORT:
        case EADDRNOTAVAIL: return Errc::invalid_argument;
        case EADDRINUSE: return Errc::address_in_use;
        case ECONNREFUSED:
        case EHOSTUNREACH:
        case ENETUNREACH: return Errc::connection_refused;
        case ECONNRESET:
        case EPIPE: return Errc::connection_reset;
        case ETIMEDOUT: return Errc::request_timed_out;
        default: return Errc::io_error;
    }
}

}  // namespace

void Descriptor::close() {
    // An error of close() says nothing that could be acted on: what matters was synced before.
    if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Error system_error(int error, std::string_view what) {
    std::string context(what);
    if (!context.empty()) context += ": ";
    return Error{code_of(error), context + std::generic_category().message(error)};
}

}  // namespace cambium::real
