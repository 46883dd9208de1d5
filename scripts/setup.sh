#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/setup.sh [--tests]
#
# Makes a Debian 12 machine ready to build: installs what is missing from Debian (as root or with sudo) and unpacks
# LibTorch's Python wheel into the cache folder ($XDG_CACHE_HOME/mx, else ~/.cache/mx), without installing any Python
# package. LIBTORCH=/path uses that LibTorch and downloads none. On a machine that is ready it changes nothing and
# needs no network. --tests: also what scripts/test.sh needs (clang-tidy comes as a wheel too).
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(g++ cmake ninja-build ccache mold git ca-certificates jq
  libfmt-dev nlohmann-json3-dev zlib1g-dev libzstd-dev libsodium-dev libyaml-cpp-dev libssl-dev libxxhash-dev
  libutf8proc-dev libeigen3-dev libcli11-dev doctest-dev)
wheel_packages=(python3 python3-pip unzip)
test_packages=(clang-format shellcheck time zstd libxml2-utils minisign age strace)

libtorch_version=2.11.0
wheels=( # requirement, file, SHA-256
  "torch==2.11.0
   torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl
   7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a"
  "nvidia-cuda-runtime==13.0.96
   nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl
   7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"
  "nvidia-cuda-cupti==13.0.85
   nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl
   4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
)

clang_tidy_wheel="clang-tidy==$clang_tidy_version
  clang_tidy-$clang_tidy_version-py2.py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl
  6bb31e4f319ecbe14acb75f23c3050d0f1d4b1d92ea1c66091bc76e4eac2c1ac"

# Programs of others that judge our documents and files: only the tests use them.
judges=(cyclonedx-python-lib==11.12.0 spdx-tools==0.8.5 onnx==1.23.2 onnxruntime==1.32.0
  arrow==1.4.0 attrs==26.1.0 beartype==0.23.1 boolean.py==5.0 click==8.5.1 defusedxml==0.7.1
  flatbuffers==25.12.19 fqdn==1.6.0 idna==3.20 isoduration==20.11.0 jsonpointer==3.12 jsonschema==4.26.0 jsonschema-specifications==2025.9.1 lark==1.3.1
  license-expression==30.4.4 ml_dtypes==0.6.0 numpy==2.4.6 packageurl-python==0.17.6 packaging==26.4 ply==3.11
  protobuf==7.36.2 py-serializable==2.2.0 pyparsing==3.3.3
  python-dateutil==4.0.0 PyYAML==6.0.4 rdflib==7.6.0 referencing==0.37.0 rfc3339-validator==0.1.4
  rfc3986-validator==0.1.1 rfc3987-syntax==1.1.0 rpds-py==2026.9.1 semantic-version==2.10.0 six==1.17.0
  sortedcontainers==2.4.0 typing_extensions==4.16.0 tzdata==2026.6 uri-template==1.3.0 uritools==6.1.5
  webcolors==25.10.0 xmltodict==1.0.4)

tests=''
case "$*" in
  '') ;;
  --tests) tests=yes packages+=("${test_packages[@]}") ;;
  -h | --help) sed -n '3,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  *) fail "unknown argument '$*'" "usage: scripts/setup.sh [--tests]" ;;
esac

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_packages NAME...: installs those that are missing, and says which.
install_packages() {
  local package missing=() as_root=()
  command -v apt-get >/dev/null ||
    fail "this is not a Debian system, so nothing can be installed here" \
      "build with CMake yourself; Debian's names of what is needed: $*"
  for package in "$@"; do
    installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "packages are missing (${missing[*]}), and this is neither root nor is there sudo" \
        "as root: apt-get install --no-install-recommends ${missing[*]}"
    sudo -v || fail "sudo was refused, and packages are missing: ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -o APT::Update::Error-Mode=any >"$log" 2>&1; then
    grep -E '^(E|W|Err)' "$log" | head -n 5 >&2
    say "Debian's package lists could not be brought up to date; trying with those that are here"
  fi
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 "${missing[@]}" >"$log" 2>&1 </dev/null; then
    grep -E '^(E|W|Err|dpkg)' "$log" | tail -n 8 >&2
    fail "Debian's packages could not be installed; apt-get's full log is $log" \
      "check the network and /etc/apt/sources.list (Debian 12 with 'main'), then run this again"
  fi
  rm -f "$log"
}

# fetch_wheel REQUIREMENT FILE SHA256 FOLDER: puts the checked wheel into FOLDER.
fetch_wheel() {
  local requirement=$1 file=$2 sha256=$3 folder=$4 kept=$cache/wheels/$2
  if [ -f "$kept" ] && echo "$sha256  $kept" | sha256sum --check --status; then
    ln -s "$kept" "$folder/$file"
    return
  fi
  say "downloading $file"
  /usr/bin/python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps --dest "$folder" \
    --only-binary=:all: --implementation cp --python-version 3.11 --abi cp311 \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 "$requirement" >&2 ||
    fail "$requirement could not be downloaded" \
      "check the network, or put $file into $cache/wheels; LIBTORCH=/path uses a LibTorch $libtorch_version that is there"
  [ -f "$folder/$file" ] || fail "the download of $requirement gave another file than $file"
  echo "$sha256  $folder/$file" | sha256sum --check --status ||
    fail "$file has not the SHA-256 that it should have ($sha256): it was damaged or changed on its way" \
      "run this again; if it stays so, do not use that download"
}

# unpack_libtorch FOLDER: headers and the CPU's libraries into FOLDER, out of wheels in FOLDER/wheels.
unpack_libtorch() {
  local folder=$1 wheel
  for wheel in "$folder"/wheels/*.whl; do
    unzip -q -o "$wheel" 'torch/include/*' 'torch/lib/libtorch.so' 'torch/lib/libtorch_cpu.so' 'torch/lib/libc10.so' \
      'torch/lib/libgomp.so.1' 'nvidia/cu13/lib/libcudart.so.13' 'nvidia/cu13/lib/libcupti.so.13' '*[Ll][Ii][Cc][Ee][Nn][Ss][Ee]*' '*NOTICE*' \
      -d "$folder/unpacked" 2>/dev/null || [ $? -eq 11 ] || # 11: some pattern is in another wheel
      fail "$(basename "$wheel") could not be unpacked into $folder" "is the disk full? about 700 MB are needed"
  done
  mv "$folder"/unpacked/nvidia/cu13/lib/* "$folder/unpacked/torch/lib/"
  mkdir "$folder/unpacked/torch/licenses"
  (cd "$folder/unpacked" && find . -path './*.dist-info/*' -type f | while read -r file; do
    cp "$file" "torch/licenses/$(echo "${file#./}" | tr / -)"
  done)
  echo "$libtorch_version" >"$folder/unpacked/torch/build-version"
  mv "$folder/unpacked" "$folder/all"
  mv "$folder/all/torch" "$folder/unpacked"
}

# unpack_clang_tidy FOLDER: the program and its headers into FOLDER/unpacked.
unpack_clang_tidy() {
  unzip -q -o "$1"/wheels/*.whl 'clang_tidy/data/*' -d "$1" || fail "clang-tidy's wheel could not be unpacked into $1"
  chmod +x "$1/clang_tidy/data/bin/clang-tidy"
  mv "$1/clang_tidy/data" "$1/unpacked"
}

# unpack_judges FOLDER: Python packages into FOLDER/unpacked.
unpack_judges() {
  PIP_ROOT_USER_ACTION=ignore /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --target "$1/unpacked" "${judges[@]}" >&2 ||
    fail "the judges of documents and files could not be installed" "check the network, and run this again"
}

# install WHAT TARGET UNPACK WHEEL...: the folder TARGET, which is complete if it is there at all.
install() {
  local what=$1 target=$2 unpack=$3 work wheel
  shift 3
  [ "$(uname -m)" = x86_64 ] || fail "the wheel of $what is for x86_64, this machine is $(uname -m)" \
    "set LIBTORCH=/path, or build the ground floor alone with cmake -DMX_TORCH=OFF"
  mkdir -p "$cache" || fail "the cache folder $cache cannot be made" "set XDG_CACHE_HOME to a folder that can be written"
  exec 9>"$cache/.lock"
  flock 9  # one download at a time; a run that waited here finds the folder ready
  [ ! -d "$target" ] || return 0
  rm -rf "$cache"/.unpacking.*  # of a run that was killed
  work=$(mktemp -d "$cache/.unpacking.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  mkdir "$work/wheels"
  say "getting $what"
  for wheel in "$@"; do
    # shellcheck disable=SC2086
    fetch_wheel $wheel "$work/wheels"
  done
  say "unpacking $what into $target"
  "$unpack" "$work"
  mv -T "$work/unpacked" "$target"
  rm -rf "$work"
  trap - EXIT
  exec 9>&-
}

cache=$(cache_folder)
libtorch=$cache/libtorch-$libtorch_version
clang_tidy=$cache/clang-tidy-$clang_tidy_version
if [ -n "${LIBTORCH:-}" ]; then
  [[ -f $LIBTORCH/lib/libtorch_cpu.so && -d $LIBTORCH/include/torch ]] ||
    fail "LIBTORCH=$LIBTORCH holds no LibTorch: lib/libtorch_cpu.so and include/torch are expected" \
      "unset LIBTORCH to have it downloaded"
  libtorch=$LIBTORCH
fi
judges_folder=$(judges_folder)
[ -d "$libtorch" ] && { [ -z "$tests" ] || { [ -d "$clang_tidy" ] && [ -d "$judges_folder" ]; }; } || packages+=("${wheel_packages[@]}")
install_packages "${packages[@]}"
[ -d "$libtorch" ] ||
  install "LibTorch $libtorch_version (about 540 MB, once)" "$libtorch" unpack_libtorch "${wheels[@]}"
[ -z "$tests" ] || [ -d "$clang_tidy" ] ||
  install "clang-tidy $clang_tidy_version (46 MB, once)" "$clang_tidy" unpack_clang_tidy "$clang_tidy_wheel"
[ -z "$tests" ] || [ -d "$judges_folder" ] ||
  install "judges of documents and files (70 MB, once)" "$judges_folder" unpack_judges
say "the machine is ready to build"
