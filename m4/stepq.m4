dnl SPDX-License-Identifier: MIT

dnl STEPQ_MYSQL: MariaDB's client library, else MySQL's own. Name one with
dnl --with-mysql=libmariadb|mysqlclient, or a mysql_config program.
AC_DEFUN([STEPQ_MYSQL],[
  AC_ARG_WITH([mysql],[AS_HELP_STRING([--with-mysql=LIB],
    [database client: libmariadb, mysqlclient, or a path to mysql_config])],
    [],[with_mysql=auto])
  mysql_client=none
  AS_CASE([$with_mysql],
    [auto],[
      PKG_CHECK_MODULES([MYSQL],[libmariadb],[mysql_client=libmariadb],[
        PKG_CHECK_MODULES([MYSQL],[mysqlclient],[mysql_client=mysqlclient],[:])])],
    [libmariadb|mysqlclient],[
      PKG_CHECK_MODULES([MYSQL],[$with_mysql],[mysql_client=$with_mysql])],
    [
      MYSQL_CFLAGS=`$with_mysql --include` || AC_MSG_ERROR([$with_mysql does not run])
      MYSQL_LIBS=`$with_mysql --libs`
      mysql_client=$with_mysql])
  AS_IF([test "$mysql_client" = none],
    [AC_MSG_ERROR([no database client library: install libmariadb-dev, default-libmysqlclient-dev or libmysqlclient-dev])])
  AC_SUBST([MYSQL_CFLAGS])
  AC_SUBST([MYSQL_LIBS])])

dnl STEPQ_JQ: libjq 1.6 has no pkg-config file.
AC_DEFUN([STEPQ_JQ],[
  stepq_save_libs=$LIBS
  AC_CHECK_HEADERS([jv.h jq.h],[],[AC_MSG_ERROR([jq.h not found: install libjq-dev])],
    [#include <stddef.h>
     #include <stdio.h>
     #include <jv.h>])
  AC_CHECK_LIB([jq],[jq_compile],[JQ_LIBS="-ljq -lm"],
    [AC_MSG_ERROR([libjq not found: install libjq-dev])],[-lm])
  LIBS=$stepq_save_libs
  AC_SUBST([JQ_LIBS])])

AC_DEFUN([STEPQ_DEVEL],[
  AC_ARG_ENABLE([devel],[AS_HELP_STRING([--enable-devel],
    [for work on stepq itself: -Werror, sanitizers, -O1 -g3])],[],[enable_devel=no])
  AS_IF([test "$enable_devel" = yes],[
    : ${enable_werror=yes}
    : ${enable_sanitizers=yes}
    AS_IF([test "x$ac_env_CFLAGS_set" = x],[CFLAGS="-O1 -g3"])])])

dnl STEPQ_TRY_CFLAG(FLAG, VARIABLE): append FLAG when the compiler takes it.
AC_DEFUN([STEPQ_TRY_CFLAG],[
  AS_VAR_PUSHDEF([stepq_cv],[stepq_cv_cflag_$1])
  AC_CACHE_CHECK([whether $CC accepts $1],[stepq_cv],[
    stepq_save=$CFLAGS; CFLAGS="$CFLAGS -Werror $1"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([],[])],[AS_VAR_SET([stepq_cv],[yes])],
      [AS_VAR_SET([stepq_cv],[no])])
    CFLAGS=$stepq_save])
  AS_VAR_IF([stepq_cv],[yes],[$2="$$2 $1"])
  AS_VAR_POPDEF([stepq_cv])])

AC_DEFUN([STEPQ_WARNINGS],[
  m4_foreach_w([STEPQ_FLAG],[-Wall -Wextra -Wshadow -Wvla -Wformat=2
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
    -Wundef -Wimplicit-fallthrough -Wswitch-enum -Wcast-qual],
    [STEPQ_TRY_CFLAG(STEPQ_FLAG,[WARN_CFLAGS])])
  AC_ARG_ENABLE([werror],[AS_HELP_STRING([--enable-werror],[treat warnings as errors])])
  AS_IF([test "$enable_werror" = yes],[WARN_CFLAGS="$WARN_CFLAGS -Werror"])
  AC_SUBST([WARN_CFLAGS])])

AC_DEFUN([STEPQ_HARDENING],[
  AC_ARG_ENABLE([hardening],[AS_HELP_STRING([--disable-hardening],
    [no stack protector, PIE, relro])],[],[enable_hardening=yes])
  AS_IF([test "$enable_hardening" = yes],[
    m4_foreach_w([STEPQ_FLAG],[-fstack-protector-strong -fstack-clash-protection -fPIE],
      [STEPQ_TRY_CFLAG(STEPQ_FLAG,[HARD_CFLAGS])])
    m4_foreach_w([STEPQ_FLAG],[-pie -Wl,-z,relro -Wl,-z,now],
      [STEPQ_TRY_CFLAG(STEPQ_FLAG,[HARD_LDFLAGS])])
    dnl _FORTIFY_SOURCE needs an optimising build and fights the sanitizers.
    AS_CASE([" $CFLAGS "],[*" -O0 "*],[],
      [AS_IF([test "x$enable_sanitizers" = x || test "x$enable_sanitizers" = xno],
        [HARD_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])])
  AC_SUBST([HARD_CFLAGS])
  AC_SUBST([HARD_LDFLAGS])
  AC_SUBST([HARD_CPPFLAGS])])

AC_DEFUN([STEPQ_SANITIZERS],[
  AC_ARG_ENABLE([sanitizers],[AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@],
    [build with -fsanitize=LIST, default address,undefined])])
  AS_CASE([$enable_sanitizers],[no|""],[SAN_FLAGS=],
    [yes],[SAN_FLAGS="-fsanitize=address,undefined"],
    [SAN_FLAGS="-fsanitize=$enable_sanitizers"])
  AS_IF([test -n "$SAN_FLAGS"],
    [SAN_FLAGS="$SAN_FLAGS -fno-omit-frame-pointer -fno-sanitize-recover=all"])
  AC_SUBST([SAN_FLAGS])])
