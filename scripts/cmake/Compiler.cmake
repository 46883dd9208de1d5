# SPDX-License-Identifier: Apache-2.0
# How every file of the project is compiled and linked.
#
# The base code is plain x86-64 without contraction of multiply and add, so that scalar code gives the
# same bits on every machine. Kernels get their instruction set by file name: gemm_avx2.cpp, gemm_avx512.cpp.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

add_compile_options(-Wall -Wextra -Wconversion -Werror -ffp-contract=off)

if(MX_SANITIZE)
  if(MX_TORCH)
    message(FATAL_ERROR "MX_SANITIZE covers the ground floor only: add -DMX_TORCH=OFF")
  endif()
  add_compile_options(-Og -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  if(MX_LIBFUZZER)
    # Warnings are GCC's business; Clang 14 has many of its own.
    add_compile_options(-w -fsanitize=fuzzer-no-link)
  else()
    # GCC's flow analysis reports false positives on instrumented code.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()

find_program(MX_CCACHE ccache)
if(MX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers are cached only when ccache may ignore __TIME__ and the like.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${MX_CCACHE})
endif()

find_program(MX_MOLD mold)
if(MX_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# mx_instruction_sets(SOURCE...): gives each kernel source the flags its name asks for.
function(mx_instruction_sets)
  set(avx2 -mavx2 -mfma -mf16c)
  set(avx512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma -mf16c)
  set(avx512vnni ${avx512} -mavx512vnni)
  set(avx512vbmi2 ${avx512} -mavx512vbmi -mavx512vbmi2)
  foreach(source IN LISTS ARGN)
    if(source MATCHES "_(avx2|avx512|avx512vnni|avx512vbmi2)\\.cpp$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${${CMAKE_MATCH_1}}"
                                                       SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
endfunction()
