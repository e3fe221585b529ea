#include "cli/config.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "cli/table.hpp"
#include "client/config_admin.hpp"

namespace cambium::cli {
namespace {

using client::ConfigAdmin;
using client::ConfigSubject;
using client::DescribedConfig;

constexpr std::string_view whose =
    "name one: --topic NAME, --broker ID or --all-brokers ('cambium config list' shows them)";

// None: nothing was named, or more than one.
std::optional<ConfigSubject> subject_of(const ConfigSubjectArgs& args) {
    const int named =
        (args.topic.empty() ? 0 : 1) + (args.broker.empty() ? 0 : 1) + (args.all_brokers ? 1 : 0);
    if (named != 1) return std::nullopt;
    if (!args.topic.empty()) return ConfigSubject{ConfigSubject::Kind::topic, args.topic};
    return ConfigSubject{ConfigSubject::Kind::broker, args.broker};
}

bool names_nothing(const ConfigSubjectArgs& args) {
    return args.topic.empty() && args.broker.empty() && !args.all_brokers;
}

Exit misused(Session* session, std::string_view why) {
    session->terminal().say("cambium: " + std::string(why) + "\n");
    return Exit::usage;
}

// The broker that answers, once metadata has told who it is.
io::Task<ConfigSubject> this_broker(Session* session) {
    client::Client& client = session->client();
    const std::vector<std::string> none;
    (void)co_await client.refresh(none, false, client.operation_deadline());
    std::string id;
    if (!client.cluster().servers().empty())
        id = std::to_string(client.cluster().servers().begin()->first.value());
    co_return ConfigSubject{ConfigSubject::Kind::broker, id};
}

std::vector<DescribedConfig> chosen(const std::vector<DescribedConfig>& configs,
                                    const ConfigDescribeArgs& args) {
    std::vector<DescribedConfig> out;
    for (const DescribedConfig& config : configs) {
        const bool asked_for =
            args.setting.empty() ? args.all || was_set(config) : config.name == args.setting;
        if (asked_for) out.push_back(config);
    }
    return out;
}

void show(Session* session, const ConfigSubject& subject,
          const std::vector<DescribedConfig>& configs, size_t there,
          const ConfigDescribeArgs& args) {
    Terminal& terminal = session->terminal();
    if (args.output == Output::json) {
        for (const DescribedConfig& config : configs)
            terminal.write(config_json(subject, config) + "\n");
        return;
    }
    const bool broker = subject.kind == ConfigSubject::Kind::broker;
    if (!configs.empty())
        terminal.write(config_table(configs, {.explain = args.explain, .changes = broker}));
    if (args.setting.empty() && configs.size() < there)
        terminal.say(subject_text(subject) + ": " +
                     counted(static_cast<int64_t>(there - configs.size()), "setting") +
                     " at the default; --all shows them too\n");
    else if (configs.empty()) terminal.say(subject_text(subject) + ": nothing is set\n");
}

io::Task<Exit> describe(Session* session, ConfigDescribeArgs args) {
    std::optional<ConfigSubject> subject = subject_of(args.subject);
    if (!subject && !names_nothing(args.subject)) co_return misused(session, whose);
    if (!subject) {
        ConfigSubject self = co_await this_broker(session);
        subject = std::move(self);
    }
    ConfigAdmin admin(session->client());
    const auto configs = co_await admin.describe(*subject);
    if (!configs.ok())
        co_return session->failed("cannot describe " + subject_text(*subject), configs.error());
    const std::vector<DescribedConfig> wanted = chosen(*configs, args);
    if (!args.setting.empty() && wanted.empty()) {
        session->terminal().say("cambium: " + subject_text(*subject) + " has no setting '" +
                                args.setting + "'\n    --all shows those that there are\n");
        co_return Exit::failed;
    }
    show(session, *subject, wanted, configs->size(), args);
    co_return Exit::ok;
}

io::Task<Exit> list(Session* session, ConfigListArgs args) {
    ConfigAdmin admin(session->client());
    auto subjects = co_await admin.list();
    if (!subjects.ok())
        co_return session->failed("cannot list what has settings", subjects.error());
    subjects->push_back({ConfigSubject::Kind::broker, ""});
    TextTable table({"OF", "SETTING", "VALUE", "SOURCE"});
    size_t shown = 0;
    for (const ConfigSubject& subject : *subjects) {
        const auto configs = co_await admin.describe(subject);
        // It may have been deleted since it was listed.
        if (configs.code() == Errc::unknown_topic_or_partition) continue;
        if (!configs.ok())
            co_return session->failed("cannot describe " + subject_text(subject), configs.error());
        for (const DescribedConfig& config : *configs) {
            if (!was_set_on(subject, config)) continue;
            ++shown;
            if (args.output == Output::json)
                session->terminal().write(config_json(subject, config) + "\n");
            table.add(
                {subject_text(subject), config.name, value_text(config), source_text(config)});
        }
    }
    if (args.output == Output::text && shown > 0) session->terminal().write(table.text());
    if (args.output == Output::text && shown == 0)
        session->terminal().say(
            "nothing is set: everything has its default\n    'cambium config describe --all' shows "
            "the defaults of the broker, 'cambium config alter' sets something\n");
    co_return Exit::ok;
}

io::Task<Exit> alter(Session* session, ConfigAlterArgs args) {
    const std::optional<ConfigSubject> subject = subject_of(args.subject);
    if (!subject) co_return misused(session, whose);
    if (args.edits.count() == 0)
        co_return misused(session, "say what to change: --set NAME=VALUE, --delete NAME, ...");
    auto edits = edits_of(args.edits);
    if (!edits.ok()) co_return misused(session, edits.error().context);
    const auto count = static_cast<int64_t>(edits->size());
    ConfigAdmin admin(session->client());
    const Status altered = co_await admin.alter(*subject, std::move(*edits), args.dry_run);
    if (!altered.ok())
        co_return session->failed("cannot change " + subject_text(*subject), altered.error());
    session->terminal().write(subject_text(*subject) +
                              (args.dry_run ? " would take " : ": changed ") +
                              counted(count, "setting") + "\n");
    co_return Exit::ok;
}

}  // namespace

io::Task<Exit> config_describe(io::World world, Terminal* terminal, ConfigDescribeArgs args) {
    const std::string topic = args.subject.topic;
    return in_session(world, terminal, std::move(args), topic, &describe);
}
io::Task<Exit> config_list(io::World world, Terminal* terminal, ConfigListArgs args) {
    return in_session(world, terminal, std::move(args), "", &list);
}
io::Task<Exit> config_alter(io::World world, Terminal* terminal, ConfigAlterArgs args) {
    const std::string topic = args.subject.topic;
    return in_session(world, terminal, std::move(args), topic, &alter);
}

}  // namespace cambium::cli
