#include "cli/session.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace cambium::cli {
namespace {

// A person waits: long enough for a server that is just starting, not for ever.
constexpr io::Duration operation_timeout = std::chrono::seconds(15);

}  // namespace

Result<client::ClientOptions> client_options(const ServerArgs& args) {
    client::ClientOptions options;
    options.operation_timeout = operation_timeout;
    options.connection.client_id = "cambium-cli";
    std::string_view rest = args.server;
    while (true) {
        const size_t comma = rest.find(',');
        Result<io::Address> address = io::Address::parse(rest.substr(0, comma));
        if (!address.ok()) return address.error();
        options.bootstrap.push_back(std::move(address.value()));
        if (comma == std::string_view::npos) return options;
        rest.remove_prefix(comma + 1);
    }
}

Session::Session(io::World world, Terminal& terminal, const Result<client::ClientOptions>& options,
                 Subject subject)
    : world_(world),
      terminal_(terminal),
      subject_(std::move(subject)),
      options_ok_(options.ok() ? Status() : Status(options.error())),
      client_(world, options.ok() ? *options : client::ClientOptions{}) {}

io::Task<bool> Session::open() {
    if (!options_ok_.ok()) {
        failed("--server", options_ok_.error());
        co_return false;
    }
    const Status reached = co_await client_.reach();
    if (!reached.ok()) failed("cannot talk to the server", reached.error());
    co_return reached.ok();
}

}  // namespace cambium::cli
