// Any text: elements that are JSON again, or an error; what is written as a string reads back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "cli/csv.hpp"
#include "cli/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cambium;
    using namespace cambium::cli;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auto array = JsonArray::open(text);
    while (array.ok()) {
        const auto element = array->next();
        if (!element.ok() || !element->has_value()) break;
        const auto again = json_value(**element);
        check(again.ok() && again->begin == 0 && again->end == (*element)->size());
        (void)json_member(**element, "key");
    }
    std::string object = "{\"k\":";
    append_json_string(object, text);
    object += '}';
    check(json_member(object, "k").has_value());
    const auto table = CsvTable::parse(text);
    for (size_t row = 0; table.ok() && row < table->size(); ++row)
        check(json_value(table->json(row)).ok());
    return 0;
}
