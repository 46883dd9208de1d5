# SPDX-License-Identifier: Apache-2.0
# A room is a folder of lib/. Each becomes the library mx_ROOM, linked to the rooms on its left.

# mx_packages(VARIABLE LIBRARY...): finds plain system libraries by their names.
function(mx_packages variable)
  foreach(name IN LISTS ARGN)
    find_library(MX_LIBRARY_${name} ${name})
    if(NOT MX_LIBRARY_${name})
      message(FATAL_ERROR "the library '${name}' is missing: scripts/setup.sh installs it")
    endif()
    list(APPEND found ${MX_LIBRARY_${name}})
  endforeach()
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

# mx_room(NAME [LIBRARY...]): the library mx_NAME of all sources below lib/NAME. A room of headers only is an
# INTERFACE library; a room that has no file yet is no target. The list NAME_generated may name sources that the
# build writes. The names of the rooms made so far are kept in
# the list `mx_rooms` of the caller, which is what a room leans on.
macro(mx_room name)
  file(GLOB_RECURSE room_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  list(APPEND room_sources ${${name}_generated})
  file(GLOB_RECURSE room_headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.h")
  if(room_sources OR room_headers)
    if(room_sources)
      add_library(mx_${name} STATIC ${room_sources} ${room_headers})
      set(room_scope PUBLIC)
      mx_instruction_sets(${room_sources})
    else()
      add_library(mx_${name} INTERFACE)
      set(room_scope INTERFACE)
    endif()
    target_include_directories(mx_${name} ${room_scope} "${CMAKE_CURRENT_SOURCE_DIR}")
    target_link_libraries(mx_${name} ${room_scope} ${mx_rooms} ${ARGN})
    list(PREPEND mx_rooms mx_${name})
  endif()
endmacro()

# mx_torch_header(TARGET...): compiles torch/torch.h, which costs 15 s in each file that includes it, once for all
# these targets. Targets that do not exist or have no sources are passed over.
function(mx_torch_header)
  # Each such compiler takes up to 1.5 GB: Ninja runs no more of them than the memory holds.
  cmake_host_system_information(RESULT megabytes QUERY TOTAL_PHYSICAL_MEMORY)
  math(EXPR jobs "${megabytes} / 2048 + 1")
  set_property(GLOBAL PROPERTY JOB_POOLS libtorch=${jobs})
  foreach(target IN LISTS ARGN)
    if(NOT TARGET ${target})
      continue()
    endif()
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "INTERFACE_LIBRARY")
      continue()
    endif()
    get_property(first GLOBAL PROPERTY MX_TORCH_HEADER)
    if(first)
      target_precompile_headers(${target} REUSE_FROM ${first})
    else()
      target_precompile_headers(${target} PRIVATE <torch/torch.h>)
      set_property(GLOBAL PROPERTY MX_TORCH_HEADER ${target})
    endif()
    set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE libtorch)
    # lets ccache work with a precompiled header
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endforeach()
endfunction()
