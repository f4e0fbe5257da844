# What `make install` puts where, and how `make package` makes a Debian package of it. Both configure with the prefix
# that they install to (/usr/local, /usr), since the unit names the program by its whole path.
include(GNUInstallDirs)
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(packaged ${PROJECT_BINARY_DIR}/packaging)

# tamada_gzip(SOURCE NAME): SOURCE as ${packaged}/NAME.gz, the same bytes each time.
function(tamada_gzip source name)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  execute_process(COMMAND gzip -9nc ${source} OUTPUT_FILE ${packaged}/${name}.gz COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(MAKE_DIRECTORY ${packaged})
configure_file(${packaging}/tamada-router.service.in ${packaged}/tamada-router.service @ONLY)
tamada_gzip(${packaging}/tamada-router.8 tamada-router.8)
tamada_gzip(${packaging}/debian/changelog changelog.Debian)
tamada_gzip(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog)

install(TARGETS tamada-router RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT router)
install(PROGRAMS ${packaging}/close-ports-unless-restarted ${packaging}/is-configured ${packaging}/take-over
  DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/tamada-router COMPONENT router)
# Not CMAKE_INSTALL_LIBDIR: these two are looked for in lib, on machines with lib64 or lib/x86_64-linux-gnu too.
install(FILES ${packaged}/tamada-router.service DESTINATION lib/systemd/system COMPONENT router)
install(FILES ${packaging}/tamada-router.sysusers DESTINATION lib/sysusers.d
  RENAME tamada-router.conf COMPONENT router)
install(FILES ${packaged}/tamada-router.8.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT router)

set(documents ${CMAKE_INSTALL_DATADIR}/doc/tamada-router)
install(FILES
  ${PROJECT_SOURCE_DIR}/docs/configuration.md
  ${PROJECT_SOURCE_DIR}/docs/migrating-from-haproxy.md
  ${PROJECT_SOURCE_DIR}/docs/operations.md
  ${PROJECT_SOURCE_DIR}/docs/packages.md
  ${PROJECT_SOURCE_DIR}/docs/statistics.md
  ${packaging}/debian/copyright
  ${packaged}/changelog.Debian.gz
  ${packaged}/changelog.gz
  DESTINATION ${documents} COMPONENT router)
install(FILES
  ${PROJECT_SOURCE_DIR}/config/router.example.yaml
  ${PROJECT_SOURCE_DIR}/config/router.minimal.yaml
  DESTINATION ${documents}/examples COMPONENT router)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/config/grafana ${PROJECT_SOURCE_DIR}/config/prometheus
  DESTINATION ${documents}/examples COMPONENT router)

# tamada_install_once(SOURCE TARGET): for what people edit. A file that is there already is left alone. The packages'
# staging folder is a DESTDIR too (CPACK_SET_DESTDIR).
function(tamada_install_once source target)
  cmake_path(GET target PARENT_PATH folder)
  cmake_path(GET target FILENAME name)
  install(CODE "
    if(EXISTS \"\$ENV{DESTDIR}${target}\")
      message(STATUS \"Kept as it is: \$ENV{DESTDIR}${target}\")
    else()
      file(INSTALL \"${source}\" DESTINATION \"${folder}\" TYPE FILE RENAME \"${name}\")
    endif()" COMPONENT router)
endfunction()
tamada_install_once(${packaging}/router.yaml /etc/tamada/router.yaml)
tamada_install_once(${packaging}/tamada-router.default /etc/default/tamada-router)

# --- the Debian package
set(TAMADA_MAINTAINER "Tamada maintainers <maintainers@tamada.example>" CACHE STRING "Who is named in the package")
set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_PACKAGE_NAME tamada-router)
set(CPACK_PACKAGE_CONTACT "${TAMADA_MAINTAINER}")
set(CPACK_COMPONENTS_ALL router)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ROUTER_PACKAGE_NAME tamada-router)
set(CPACK_DEBIAN_ROUTER_PACKAGE_SECTION database)
set(CPACK_DEBIAN_ROUTER_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_ROUTER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ROUTER_PACKAGE_DEPENDS
  "init-system-helpers (>= 1.54~), systemd | systemd-standalone-sysusers | systemd-sysusers")
# libsystemd0 is loaded at run time, to tell systemd when the router is ready; ca-certificates are for https without a
# ca_file.
set(CPACK_DEBIAN_ROUTER_PACKAGE_RECOMMENDS "libsystemd0, ca-certificates")
set(CPACK_DEBIAN_ROUTER_DEBUGINFO_PACKAGE ON)
set(CPACK_DEBIAN_ROUTER_PACKAGE_CONTROL_EXTRA
  ${packaging}/debian/conffiles ${packaging}/debian/preinst ${packaging}/debian/postinst ${packaging}/debian/prerm
  ${packaging}/debian/postrm)
set(CPACK_COMPONENT_ROUTER_DESCRIPTION "event-driven PostgreSQL router for Patroni clusters
Takes HAProxy's place in front of a Patroni cluster: sends writes to the one
confirmed leader and reads to the replicas, lets clients wait during a
fail-over instead of failing them, and follows nodes that come and go without
any reload. With a statistics page, HAProxy's formats, Prometheus metrics and
a JSON API.")
include(CPack)
