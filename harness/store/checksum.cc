#include "harness/store/checksum.h"

#include <sqlite3.h>
#include <zlib.h>

#include <cstdint>

namespace e2lm {
namespace {

uLong add_value(uLong crc, sqlite3_value* value) {
  if (sqlite3_value_type(value) == SQLITE_INTEGER) {
    const int64_t number = sqlite3_value_int64(value);
    return crc32_z(crc, reinterpret_cast<const Bytef*>(&number), sizeof(number));
  }
  const auto* bytes = static_cast<const Bytef*>(sqlite3_value_blob(value));
  // zlib takes no bytes at no address for a wish to begin anew.
  return bytes ? crc32_z(crc, bytes, sqlite3_value_bytes(value)) : crc;
}

void crc32_of(sqlite3_context* context, int count, sqlite3_value** values) {
  uLong crc = crc32_z(0, nullptr, 0);
  for (int i = 0; i < count; ++i) crc = add_value(crc, values[i]);
  sqlite3_result_int64(context, static_cast<int64_t>(crc));
}

}  // namespace

int add_crc32(sqlite3* connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  return sqlite3_create_function_v2(connection, "crc32", -1, kFlags, nullptr, crc32_of, nullptr,
                                    nullptr, nullptr);
}

}  // namespace e2lm
