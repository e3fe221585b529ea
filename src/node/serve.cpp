#include "node/serve.hpp"

#include <csignal>
#include <optional>
#include <utility>

#include <unistd.h>

#include "cli/samples.hpp"
#include "client/client.hpp"
#include "io/event.hpp"
#include "log/directories.hpp"
#include "node/process.hpp"
#include "node/service.hpp"
#include "node/standard_streams.hpp"
#include "real/system.hpp"

namespace cambium::node {
namespace {

using cli::Exit;

// From a signal to the end of the process.
class Stop {
public:
    explicit Stop(real::System& system, cli::Terminal& terminal) : terminal_(terminal) {
        for (const int signal : {SIGTERM, SIGINT})
            (void)system.loop().on_signal(signal, [this] { asked(); });
    }
    io::Task<void> wait() {
        const Status ignored = co_await signal_.wait();
        (void)ignored;
    }

private:
    void asked() {
        if (std::exchange(asked_, true)) {
            terminal_.say("stopping at once; the next start recovers\n");
            ::_exit(static_cast<int>(Exit::failed));
        }
        terminal_.say("stopping (once more stops at once)\n");
        signal_.notify();
    }

    cli::Terminal& terminal_;
    bool asked_ = false;
    io::Signal signal_;
};

struct Running {
    Service& service;
    Stop& stop;
    cli::Terminal& terminal;
    io::World& world;
};

void say(Running& running, const std::string& text) {
    running.terminal.write(text);
    (void)running.terminal.flush();
}

std::string loaded_line(const std::string& topic, const std::string& key,
                        const cli::Loaded& loaded) {
    const std::string count = cli::counted(loaded.records, "record");
    const std::string how = loaded.added == 0               ? " (they were there)"
                            : loaded.added < loaded.records ? " (the rest of them)"
                                                            : "";
    return "topic " + topic + " holds " + count + ", keyed by " + key + how + "\n";
}

std::string things_to_try(const std::string& program, const io::Address& address) {
    const bool usual = address.text() == "127.0.0.1:9092";
    const std::string server = usual ? "" : " --server " + address.text();
    const auto line = [&](const std::string& words) { return "  " + program + " " + words; };
    return "\ntry, in another terminal (or any Kafka client, with bootstrap server " +
           address.text() + "):\n" +
           line("consume flights --from -3 --until end --keys" + server + "\n") +
           "  echo hello | " + program + " produce greetings" + server + "\n" +
           line("topic describe flights" + server + "\n\n");
}

// Empty when all is loaded, else what went wrong.
io::Task<std::optional<Error>> load(Running* running, cli::Samples* samples) {
    client::ClientOptions options;
    options.bootstrap.push_back(running->service.reachable());
    options.connection.client_id = "cambium-quickstart";
    client::Client client(running->world, std::move(options));
    std::optional<Error> error;
    const Result<cli::Loaded> flights =
        co_await cli::load_sample(&client, "flights", samples->flights.get());
    if (flights.ok()) say(*running, loaded_line("flights", "origin", *flights));
    else error = flights.error();
    if (!error.has_value()) {
        const Result<cli::Loaded> airports =
            co_await cli::load_sample(&client, "airports", samples->airports.get());
        if (airports.ok()) say(*running, loaded_line("airports", "iata", *airports));
        else error = airports.error();
    }
    co_await client.close();
    co_return error;
}

// What the quick start adds to a server.
struct Quick {
    cli::Samples samples;
    std::string program;
};

io::Task<Exit> run(Running* running, Quick* quick) {
    const std::optional<std::string> refused = co_await running->service.start();
    Exit exit = Exit::ok;
    if (refused.has_value()) {
        running->terminal.say("cambium: " + *refused + "\n");
        exit = Exit::failed;
    } else {
        say(*running, running->service.announcement());
        if (quick != nullptr) {
            const std::optional<Error> error = co_await load(running, &quick->samples);
            if (error.has_value()) {
                running->terminal.say("cambium: cannot load the samples: " + error->text() + "\n");
                exit = Exit::failed;
            } else {
                say(*running, things_to_try(quick->program, running->service.reachable()));
            }
        }
        if (exit == Exit::ok) co_await running->stop.wait();
    }
    const Status closed = co_await running->service.close();
    if (!closed.ok() && exit == Exit::ok) {
        running->terminal.say("cambium: the stop was not clean: " + closed.error().text() + "\n");
        exit = Exit::failed;
    }
    co_return exit;
}

Exit serve_with(const ServeArgs& args, const QuickstartArgs* quick_args) {
    raise_file_limit();
    real::System system;
    StandardStreams terminal(system.world(), system.loop());
    Result<Settings> settings = configured(args);
    if (!settings.ok()) {
        terminal.say("cambium: " + settings.error().context + "\n");
        return Exit::usage;
    }
    Stop stop(system, terminal);
    std::optional<Quick> quick;
    if (quick_args != nullptr) {
        Result<cli::Samples> read =
            real::wait(system, cli::read_samples(&system.world().disk, quick_args->samples));
        if (!read.ok()) {
            terminal.say(
                "cambium: cannot read the samples: " + cli::explained(read.error(), {}) +
                "\n    --samples DIR names a directory with flights*.json and airports.csv\n");
            return Exit::failed;
        }
        quick = Quick{std::move(read.value()), quick_args->program};
    }
    Service service(system.world(), system.loop(), terminal, std::move(settings.value()));
    Running running{service, stop, terminal, system.world()};
    return real::wait(system, run(&running, quick.has_value() ? &*quick : nullptr));
}

}  // namespace

cli::Exit format(const FormatArgs& args) {
    real::System system;
    StandardStreams terminal(system.world(), system.loop());
    const Status made =
        real::wait(system, log::format_directory(system.world(), args.data, args.replace));
    if (made.ok()) {
        terminal.write(args.data + " is a new, empty data directory\n");
        return terminal.flush().ok() ? Exit::ok : Exit::failed;
    }
    terminal.say("cambium: cannot format " + args.data + ": " +
                 (made.error().context.empty() ? made.error().text() : made.error().context) +
                 "\n");
    return Exit::failed;
}

cli::Exit serve(const ServeArgs& args) { return serve_with(args, nullptr); }
cli::Exit quickstart(const QuickstartArgs& args) { return serve_with(args.serve, &args); }

}  // namespace cambium::node
