#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <utility>
#include <vector>

namespace e2lm {

namespace packing {

using Entries = std::vector<std::pair<std::string, std::string>>;  // names and contents, in order

inline std::string write(archive* writer, const Entries& entries) {
  std::string bytes(1 << 20, '\0');
  size_t used = 0;
  archive_write_open_memory(writer, bytes.data(), bytes.size(), &used);
  for (const auto& [name, content] : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(writer, entry);
    archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

}  // namespace packing

// The content packed by gzip, bzip2, xz or zstd, up to a megabyte of it.
inline std::string packed(const std::string& content, const std::string& filter) {
  archive* writer = archive_write_new();
  archive_write_add_filter_by_name(writer, filter.c_str());
  archive_write_set_format_raw(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  return packing::write(writer, {{"content", content}});
}

inline std::string zipped(const packing::Entries& entries) {
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  return packing::write(writer, entries);
}

}  // namespace e2lm
