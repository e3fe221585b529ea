// One command's visit to a cluster: a client that is there for the time of one command.
#pragma once

#include <string>
#include <utility>

#include "base/result.hpp"
#include "cli/outcome.hpp"
#include "cli/terminal.hpp"
#include "client/client.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::cli {

struct ServerArgs {
    std::string server = "127.0.0.1:9092";  // several are separated by commas
};

enum class Output { text, json };

class Session {
public:
    Session(io::World world, Terminal& terminal, const Result<client::ClientOptions>& options,
            Subject subject);

    // Whether a cluster answers; otherwise says so.
    io::Task<bool> open();
    [[nodiscard]] client::Client& client() { return client_; }
    [[nodiscard]] Terminal& terminal() { return terminal_; }
    [[nodiscard]] io::World& world() { return world_; }
    // Says what failed and gives Exit::failed.
    Exit failed(std::string_view what, const Error& error) {
        return fail(terminal_, what, error, subject_);
    }
    io::Task<void> close() { return client_.close(); }

private:
    io::World world_;
    Terminal& terminal_;
    Subject subject_;
    Status options_ok_;
    client::Client client_;
};

// invalid_argument for what is no list of HOST:PORT.
[[nodiscard]] Result<client::ClientOptions> client_options(const ServerArgs& args);

// Opens a session for a command about `subject` (its server is filled in), runs `act` in it and
// closes it.
template <class Args>
io::Task<Exit> in_session(io::World world, Terminal* terminal, Args args, Subject subject,
                          io::Task<Exit> (*act)(Session*, Args)) {
    const Result<client::ClientOptions> options = client_options(args.server);
    subject.server = args.server.server;
    Session session(world, *terminal, options, std::move(subject));
    const bool open = co_await session.open();
    Exit exit = Exit::failed;
    if (open) exit = co_await act(&session, std::move(args));
    co_await session.close();
    (void)terminal->flush();
    co_return exit;
}
// The same for a command about `topic` (may be empty).
template <class Args>
io::Task<Exit> in_session(io::World world, Terminal* terminal, Args args, std::string topic,
                          io::Task<Exit> (*act)(Session*, Args)) {
    return in_session(world, terminal, std::move(args), Subject{.topic = std::move(topic)}, act);
}

}  // namespace cambium::cli
