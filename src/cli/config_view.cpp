#include "cli/config_view.hpp"

#include <array>
#include <optional>
#include <utility>

#include "cli/json_object.hpp"
#include "cli/name_value.hpp"
#include "cli/table.hpp"

namespace cambium::cli {
namespace {

using client::ConfigEdit;
using client::ConfigSubject;
using client::DescribedConfig;

// Numbered as DescribeConfigs does.
constexpr int8_t topic_source = 1;
constexpr int8_t broker_source = 2;
constexpr int8_t all_brokers_source = 3;
constexpr int8_t start_source = 4;
constexpr int8_t default_source = 5;

constexpr std::array<std::string_view, 6> sources{"unknown",     "topic", "broker",
                                                  "all brokers", "start", "default"};
constexpr std::array<std::string_view, 10> types{
    "UNKNOWN", "BOOLEAN", "STRING", "INT", "SHORT", "LONG", "DOUBLE", "LIST", "CLASS", "PASSWORD"};

template <size_t count>
std::string_view named(const std::array<std::string_view, count>& names, int8_t number) {
    const size_t at = number < 0 ? count : static_cast<unsigned char>(number);
    return at < count ? names[at] : names[0];
}

std::string synonyms_json(const DescribedConfig& config) {
    std::string out = "[";
    for (const auto& synonym : config.synonyms) {
        JsonObject object;
        object.add("name", synonym.name);
        if (synonym.value) object.add("value", *synonym.value);
        else object.add_null("value");
        object.add("source", source_word(synonym.source));
        out += (out.size() > 1 ? "," : "") + object.text();
    }
    return out + "]";
}

std::string_view kind_word(const ConfigSubject& subject) {
    if (subject.kind == ConfigSubject::Kind::topic) return "topic";
    return subject.name.empty() ? "all brokers" : "broker";
}

// Appends an edit for each text; false when one has no NAME before its '='.
bool add_pairs(const std::vector<std::string>& texts, int8_t operation,
               std::vector<ConfigEdit>& edits) {
    for (const std::string& text : texts) {
        auto pair = name_value(text);
        if (!pair) return false;
        edits.push_back({std::move(pair->first), operation, std::move(pair->second)});
    }
    return true;
}

Error wants_pair(std::string_view option) {
    return {Errc::invalid_argument,
            std::string(option) + " wants NAME=VALUE, as in retention.ms=86400000"};
}

}  // namespace

std::string subject_text(const ConfigSubject& subject) {
    if (subject.kind == ConfigSubject::Kind::topic) return "topic '" + subject.name + "'";
    return subject.name.empty() ? "all brokers" : "broker " + subject.name;
}

std::string_view source_word(int8_t source) { return named(sources, source); }

bool was_set(const DescribedConfig& config) { return config.config_source != default_source; }

bool was_set_on(const ConfigSubject& subject, const DescribedConfig& config) {
    const int8_t source = config.config_source;
    if (subject.kind == ConfigSubject::Kind::topic) return source == topic_source;
    if (subject.name.empty()) return source == all_brokers_source;
    return source == broker_source || source == start_source;
}

std::string value_text(const DescribedConfig& config) {
    if (config.is_sensitive) return "(hidden)";
    if (!config.value) return "-";
    return config.value->empty() ? "\"\"" : *config.value;
}

std::string source_text(const DescribedConfig& config) {
    std::string out(source_word(config.config_source));
    if (!was_set(config) || config.synonyms.empty()) return out;
    const auto& by = config.synonyms.front();
    if (by.name == config.name) return out;
    return out + " (" + by.name + "=" + by.value.value_or("") + ")";
}

std::string config_json(const ConfigSubject& subject, const DescribedConfig& config) {
    JsonObject object;
    object.add("subject", kind_word(subject)).add("name", subject.name);
    object.add("setting", config.name);
    if (config.value && !config.is_sensitive) object.add("value", *config.value);
    else object.add_null("value");
    object.add("source", source_word(config.config_source));
    object.add("type", named(types, config.config_type));
    object.add("read_only", config.read_only).add("sensitive", config.is_sensitive);
    object.add_raw("synonyms", synonyms_json(config));
    if (config.documentation) object.add("documentation", *config.documentation);
    return object.text();
}

std::string config_table(const std::vector<DescribedConfig>& configs, ConfigView view) {
    std::vector<std::string> head{"SETTING", "VALUE", "SOURCE"};
    if (view.changes) head.insert(head.begin() + 2, "CHANGES");
    TextTable table(std::move(head));
    for (const DescribedConfig& config : configs) {
        std::vector<std::string> row{config.name, value_text(config), source_text(config)};
        if (view.changes)
            row.insert(row.begin() + 2, config.read_only ? "at a restart" : "at once");
        table.add(std::move(row));
    }
    if (!view.explain) return table.text();
    // The sentence goes below its line.
    std::string out;
    const std::string text = table.text();
    size_t line = 0;
    for (size_t at = 0; at < text.size(); ++line) {
        const size_t end = text.find('\n', at);
        out += text.substr(at, end - at + 1);
        if (line > 0 && configs[line - 1].documentation)
            out += "    " + *configs[line - 1].documentation + "\n";
        at = end + 1;
    }
    return out;
}

Result<std::vector<ConfigEdit>> edits_of(const EditTexts& texts) {
    std::vector<ConfigEdit> edits;
    if (!add_pairs(texts.sets, client::config_edit::set, edits)) return wants_pair("--set");
    for (const std::string& name : texts.removals)
        edits.push_back({name, client::config_edit::remove, std::nullopt});
    if (!add_pairs(texts.appends, client::config_edit::append, edits))
        return wants_pair("--append");
    if (!add_pairs(texts.subtractions, client::config_edit::subtract, edits))
        return wants_pair("--subtract");
    return edits;
}

}  // namespace cambium::cli
